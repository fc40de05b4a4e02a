import { posix } from 'node:path';
import { API_PATH, ENDPOINTS } from '../endpoints.js';
import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';

/** Characters of a normalised `return_to`: what fits into a transaction cookie of 800 bytes. */
const LONGEST = 512;

/**
 * Checks where a login may lead back to: into this app, or to an origin of `ALLOWED_ORIGINS`; never to an endpoint of the BFF or an API route (S2).
 * What comes out is the URL parser's own spelling – a path, or an absolute URL for another origin – so that no browser reads it differently than this check did.
 */
export function checkedReturnTo(value: string, frontend: Frontend): string {
  const url = parsed(value, frontend.origin);
  const home = url?.origin === frontend.origin;
  if (!url || !(home || frontend.allowsOrigin(url.origin))) throw new BffError('invalid_return_to');
  const normalised = home ? url.pathname + url.search + url.hash : url.href;
  // `//host` and `/\host` would be another origin for the browser that follows the redirect
  if (normalised.length > LONGEST || /^\/[/\\]/.test(normalised)) throw new BffError('invalid_return_to');
  if (home && isOurs(url, frontend)) throw new BffError('invalid_return_to');
  return normalised;
}

/** `return_to` with the code of a failed login. */
export function withLoginError(returnTo: string, error: string, frontend: Frontend): string {
  const url = new URL(returnTo, frontend.origin);
  url.searchParams.set('login_error', error);
  return url.origin === frontend.origin ? url.pathname + url.search + url.hash : url.href;
}

function parsed(value: string, origin: string): URL | undefined {
  // the URL parser drops tabs and line breaks and turns backslashes: no honest SPA sends any, nor spaces at the ends
  if (/[\\\u0000-\u0020\u007f]/.test(value)) return undefined;
  const absolute = /^https?:\/\/[^/]/i.test(value);
  if (!absolute && !/^\/(?!\/)/.test(value)) return undefined;
  const url = URL.parse(value, origin);
  return url && url.username === '' && url.password === '' ? url : undefined;
}

/** As it stands and with its dot segments gone: what some router further on may take it for. */
function isOurs({ pathname }: URL, frontend: Frontend): boolean {
  const path = leniently(fullyDecoded(pathname));
  const endpoints = [...Object.keys(ENDPOINTS), API_PATH].map(endpoint => frontend.path(endpoint).toLowerCase());
  return [path, posix.normalize(path)].some(read => endpoints.some(endpoint => `${read}/`.startsWith(`${endpoint}/`)));
}

/** However often it's encoded. */
function fullyDecoded(path: string): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decoded === path ? path : fullyDecoded(decoded);
}

/** Without case and control characters; whatever ends a segment for anybody is a slash. */
function leniently(path: string): string {
  return path
    .toLowerCase()
    .replace(/[\u0000-\u0020\u007f]/g, '')
    .replace(/[/\\?#;]+/g, '/');
}
