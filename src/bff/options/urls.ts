import { getDomain } from 'tldts';
import { compile } from 'proxy-addr';
import { text } from './rules.js';
import { isSecureUrl } from '../secure-url.js';
import { readStorageUrl } from '../storage-url.js';

/**
 * Cookies with SameSite=Strict go to the same scheme and registrable domain only. Private suffixes count (github.io), and a host without a
 * registrable domain, as an address or `localhost`, is a site of its own.
 */
export function isSameSite(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && site(one.hostname) === site(other.hostname);
}

function site(hostname: string): string {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}

/** The origin exactly as a browser writes it, since it's compared letter by letter. https, or http on loopback. */
export const origin = text(value => {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be an origin, as https://app.example.org';
  if (url.origin !== value) return `must be an origin and nothing more: ${url.origin}`;
  return isSecureUrl(url) ? undefined : 'must be https (http is for loopback only)';
});

/** A place for requests to go to. What the URL parser would rewrite is refused, so that the text says what will be called. */
export const baseUrl = text(value => {
  const url = URL.parse(value);
  if (!url || !/^https?:\/\/[^/]/.test(value)) return 'must be an https URL';
  if (/[^\x21-\x7e]|\\/.test(value)) return 'has spaces, backslashes or characters outside ASCII';
  if (/[?#]/.test(value)) return 'may not have a query or a fragment';
  if (value.split('/', 3).join('/').includes('@')) return 'may not have a user name or password';
  if (/\/(?:\.|%2e){1,2}(?:\/|$)|%2f|%5c/i.test(value)) return 'may not have dot segments or encoded separators';
  return undefined;
});

/** openid-client skips the comparison of issuers when the configured URL is that of the document (RFC 8414 §3.3). */
export const issuer = text(value =>
  value.includes('/.well-known/') ? 'must be the issuer identifier, not the URL of its metadata' : baseUrl(value),
);

/** Of a proxy. Credentials are fine here: that is how proxies take them. */
export const proxyUrl = text(value => {
  const url = URL.parse(value);
  const plain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !/[?#\s]/.test(value);
  return plain ? undefined : 'must be the http or https URL of a proxy, without a path';
});

export const hostname = text(value =>
  /^[a-z0-9.:[\]-]+$/.test(value) && URL.parse(`http://${value}`)?.hostname === value
    ? undefined
    : 'must be a host name alone, in lower case',
);

export const proxyAddress = text(value => {
  try {
    compile([value]);
    return undefined;
  } catch {
    return 'must be an IP address or a network, as 10.0.0.0/8';
  }
});

/** Unreserved characters alone (RFC 3986 §2.3), no empty or dot segment: a path with one spelling. */
export function isPlainPath(value: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/.test(value);
}

export const prefix = text(value =>
  value === '' || isPlainPath(value) ? undefined : 'must be a path as /app, without a slash at its end',
);

export const apiPath = text(value =>
  isPlainPath(value) && /^\/api(?:\/|$)/.test(value) ? undefined : 'must be /api or a plain path under /api/',
);

/** Of paths below a route: whole segments, `*` for one of them, `**` at the end for all that follow. */
export const pathPattern = text(value =>
  value === '/' || isPlainPath(value.replace(/\/\*\*$/, '/x').replaceAll(/\/\*(?=\/|$)/g, '/x'))
    ? undefined
    : 'must be a plain path as /orders/*/items, with * for a segment and ** at its end for all that follow',
);

export const localPath = text(value => {
  const url = URL.parse(value, 'https://app.invalid');
  const same = url?.origin === 'https://app.invalid' && `${url.pathname}${url.search}` === value;
  return same ? undefined : 'must be a path of this app, as /goodbye';
});

export const storageUrl = text(value => {
  const read = readStorageUrl(value);
  return typeof read === 'string' ? read : undefined;
});

/** RFC 8707 §2: an absolute URI (RFC 3986 §4.3), which need be no address. */
export const resource = text(value =>
  /^[a-z][a-z0-9+.-]*:[^#\s]+$/i.test(value) && URL.canParse(value) && !/[^\x21-\x7e]/.test(value)
    ? undefined
    : 'must be an absolute URI without a fragment (RFC 8707 §2)',
);
