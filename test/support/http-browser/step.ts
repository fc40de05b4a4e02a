import type { SameSiteContext } from './cookie-jar.js';
import type { Body } from './exchange.js';
import { fetchSite, isTrustworthy, siteOf } from './site.js';

export interface Walk {
  /** false: one request, its redirect unfollowed. `resume()` goes on from there. */
  follow?: boolean;
  /** Stops before the first redirect to a URL for which this holds. `resume()` goes on from there. */
  until?: (url: string) => boolean;
}

export interface Navigation extends Walk {
  method?: string;
  form?: Record<string, string> | URLSearchParams;
  /** Set over the browser's own, names in lower case; an empty string takes one away. */
  headers?: Record<string, string>;
  /** URL of the page that starts it. Without: typed into the address bar, or for any other method than GET the current page. */
  initiator?: string;
  /** false: a script did it, not a person (no Sec-Fetch-User). */
  user?: boolean;
}

export interface Fetch {
  method?: string;
  headers?: Record<string, string>;
  body?: Body;
  /** Sent as JSON. */
  json?: unknown;
  credentials?: 'omit' | 'same-origin' | 'include';
  redirect?: 'follow' | 'manual';
  /** URL of the page whose script this is. Default: the current page. */
  page?: string;
  signal?: AbortSignal;
}

/** One request about to be made, and what a browser remembers about its cause. */
export interface Step {
  kind: 'navigation' | 'script';
  url: URL;
  method: string;
  body: Body | undefined;
  headers: Record<string, string>;
  /** URL of the page that caused it; undefined: the address bar. */
  initiator: string | undefined;
  /** The URLs asked for on the way here, this one included. */
  chain: URL[];
  credentials: 'omit' | 'same-origin' | 'include';
  signal: AbortSignal | undefined;
}

const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const formType = { 'content-type': 'application/x-www-form-urlencoded' };

export function navigationStep(
  url: URL,
  options: Navigation,
  page: { url: string; headers: Record<string, string> } | undefined,
): Step {
  const method = options.method ?? (options.form === undefined ? 'GET' : 'POST');
  const initiator = options.initiator ?? (method === 'GET' ? undefined : page?.url);
  const headers = {
    accept,
    'upgrade-insecure-requests': '1',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    ...(options.user === false ? {} : { 'sec-fetch-user': '?1' }),
    ...(options.form === undefined ? {} : formType),
    ...(method === 'GET' || initiator === undefined ? {} : { origin: formOrigin(initiator, page) }),
    ...options.headers,
  };
  const body = options.form === undefined ? undefined : new URLSearchParams(options.form);
  return {
    kind: 'navigation',
    url,
    method,
    body,
    headers,
    initiator,
    chain: [url],
    credentials: 'include',
    signal: undefined,
  };
}

/** A form of a page that forbids the referrer has an opaque origin (Fetch §3.1, "append a request Origin header"). */
function formOrigin(initiator: string, page: { url: string; headers: Record<string, string> } | undefined): string {
  const isSilent = page?.url === initiator && page.headers['referrer-policy'] === 'no-referrer';
  return isSilent ? 'null' : new URL(initiator).origin;
}

export function scriptStep(target: string, init: Fetch, currentPage: string | undefined): Step {
  const page = init.page ?? currentPage;
  if (page === undefined) throw new Error('A script needs a page: navigate first, or name one with `page`');
  const url = new URL(target, page);
  const method = init.method ?? 'GET';
  const { origin } = new URL(page);
  const headers = {
    accept: '*/*',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
    ...(url.origin === origin && (method === 'GET' || method === 'HEAD') ? {} : { origin }),
    ...(init.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(init.body instanceof URLSearchParams ? formType : {}),
    ...lowerCase(init.headers),
  };
  const body = init.json === undefined ? init.body : JSON.stringify(init.json);
  const { credentials = 'same-origin', signal } = init;
  return { kind: 'script', url, method, body, headers, initiator: page, chain: [url], credentials, signal };
}

const lowerCase = (headers: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** RFC 9110 §15.4 as browsers do it: 307 and 308 keep method and body, 303 makes a GET of all but HEAD, 301 and 302 of a POST. */
export function redirected(step: Step, status: number, location: string): Step {
  const url = new URL(location);
  if (url.hash === '') url.hash = step.url.hash;
  const toGet = status === 303 ? step.method !== 'HEAD' : status < 303 && step.method === 'POST';
  const next = { ...step, url, chain: [...step.chain, url] };
  if (!toGet) return next;
  const { 'content-type': _type, origin: _origin, ...headers } = step.headers;
  return { ...next, method: 'GET', body: undefined, headers };
}

/** Chromium looks at who started it, not at the redirects in between. */
export function contextOf(step: Step): SameSiteContext {
  if (step.initiator === undefined || siteOf(step.initiator) === siteOf(step.url)) return 'strict';
  if (step.kind === 'script') return 'cross';
  return step.method === 'GET' || step.method === 'HEAD' ? 'lax' : 'unsafe';
}

export function carriesCookies({ credentials, initiator, url }: Step): boolean {
  if (credentials !== 'same-origin') return credentials === 'include';
  return initiator !== undefined && new URL(initiator).origin === url.origin;
}

/** The headers in the end: Fetch Metadata only where the connection is trustworthy, and nothing that was taken away. */
export function headersOf(step: Step, cookieHeader: string): Record<string, string> {
  const all: Record<string, string> = {
    host: step.url.host,
    'user-agent': 'Mozilla/5.0 (HttpBrowser)',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': 'en',
    'sec-fetch-site': fetchSite(step.initiator, step.chain),
    cookie: cookieHeader,
    ...step.headers,
  };
  const isKept = ([name, value]: [string, string]) =>
    value !== '' && (isTrustworthy(step.url) || !name.startsWith('sec-fetch-'));
  return Object.fromEntries(Object.entries(all).filter(isKept));
}
