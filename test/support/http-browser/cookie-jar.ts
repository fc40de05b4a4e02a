import { isTrustworthy } from './site.js';

export interface Cookie {
  name: string;
  value: string;
  /** The host itself when `hostOnly`, else the `Domain` attribute. */
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: 'Strict' | 'Lax' | 'None';
  /** Milliseconds since 1970; undefined: as long as the browser runs. */
  expires?: number;
}

/**
 * What the request is to the cookie's site. strict: started there. lax: a top-level navigation started elsewhere, by a safe method.
 * unsafe: such a one by POST. cross: all else.
 */
export type SameSiteContext = 'strict' | 'lax' | 'unsafe' | 'cross';

/** RFC 6265bis as Chromium does it: `Secure` is allowed on loopback, a cookie without `SameSite` is `Lax`. */
export class CookieJar {
  private cookies: Cookie[] = [];

  clone(): CookieJar {
    const copy = new CookieJar();
    copy.cookies = this.cookies.map(cookie => ({ ...cookie }));
    return copy;
  }

  /** Keeps the cookie or ignores it, silently, as a browser does. Answers whether it did. */
  set(url: URL, line: string, from: { script?: boolean; context?: SameSiteContext } = {}): boolean {
    const cookie = parse(url, line);
    const script = from.script ?? false;
    if (cookie === undefined || !isAcceptable(url, cookie) || (script && cookie.httpOnly)) return false;
    if (from.context === 'cross' && cookie.sameSite !== 'None') return false;
    const old = this.cookies.findIndex(other => isSame(other, cookie));
    if (script && this.cookies[old]?.httpOnly === true) return false;
    const over = cookie.expires !== undefined && cookie.expires <= Date.now();
    // A cookie that is set again keeps its place in the header (RFC 6265bis §5.7).
    if (old >= 0) this.cookies.splice(old, 1, ...(over ? [] : [cookie]));
    else if (!over) this.cookies.push(cookie);
    return true;
  }

  /** All that would be sent to this URL, in order: longer paths first, then older ones. */
  get(url: URL, context: SameSiteContext = 'strict'): Cookie[] {
    this.cookies = this.cookies.filter(({ expires }) => expires === undefined || expires > Date.now());
    return this.cookies
      .filter(cookie => matchesDomain(url.hostname, cookie) && matchesPath(url.pathname, cookie.path))
      .filter(cookie => !cookie.secure || isTrustworthy(url))
      .filter(cookie => isSentIn(context, cookie.sameSite))
      .toSorted((a, b) => b.path.length - a.path.length);
  }

  clear(): void {
    this.cookies = [];
  }
}

function parse(url: URL, line: string): Cookie | undefined {
  const [pair = '', ...parts] = line.split(';');
  const [name, value] = nameAndValue(pair);
  if (name.length + value.length > 4096 || (name === '' && value === '')) return undefined;
  // The last attribute of a name wins (RFC 6265bis §5.6).
  const attributes = new Map(parts.map(nameAndValue).map(([key, text]) => [key.toLowerCase(), text]));
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
  const path = attributes.get('path') ?? '';
  const expires = expiry(attributes);
  return {
    name,
    value,
    domain: domain === '' ? url.hostname : domain,
    hostOnly: domain === '' || (domain === url.hostname && !domain.includes('.')),
    path: path.startsWith('/') ? path : defaultPath(url.pathname),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: sameSite(attributes.get('samesite')),
    ...(expires === undefined ? {} : { expires }),
  };
}

function nameAndValue(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

/** Max-Age goes before Expires. */
function expiry(attributes: Map<string, string>): number | undefined {
  const maxAge = attributes.get('max-age') ?? '';
  if (/^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? undefined : expires;
}

function sameSite(attribute: string | undefined): Cookie['sameSite'] {
  if (attribute?.toLowerCase() === 'strict') return 'Strict';
  return attribute?.toLowerCase() === 'none' ? 'None' : 'Lax';
}

const defaultPath = (pathname: string) => pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')));

function isAcceptable(url: URL, cookie: Cookie): boolean {
  if (!matchesDomain(url.hostname, cookie)) return false;
  if (!cookie.hostOnly && !cookie.domain.includes('.')) return false; // a whole top-level domain
  if (cookie.secure && !isTrustworthy(url)) return false;
  if (cookie.sameSite === 'None' && !cookie.secure) return false;
  return keepsPrefix(cookie);
}

/** RFC 6265bis §4.1.3: prefixes are promises, and compared without case. */
function keepsPrefix({ name, secure, httpOnly, hostOnly, path }: Cookie): boolean {
  const has = (prefix: string) => name.toLowerCase().startsWith(prefix);
  if ((has('__host-') || has('__secure-') || has('__http-')) && !secure) return false;
  if (has('__host-') && !(hostOnly && path === '/')) return false;
  return !(has('__host-http-') || has('__http-')) || httpOnly;
}

const isSame = (a: Cookie, b: Cookie) =>
  a.name === b.name && a.domain === b.domain && a.hostOnly === b.hostOnly && a.path === b.path;

function matchesDomain(hostname: string, { domain, hostOnly }: Cookie): boolean {
  return hostname === domain || (!hostOnly && hostname.endsWith(`.${domain}`) && !/^[\d.]+$/.test(hostname));
}

const matchesPath = (pathname: string, path: string) =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);

function isSentIn(context: SameSiteContext, attribute: Cookie['sameSite']): boolean {
  return attribute === 'None' || context === 'strict' || (attribute === 'Lax' && context === 'lax');
}
