import { stringifySetCookie, type SetCookie } from 'cookie';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RecentlyUsed } from './recently-used.js';

interface Cookies {
  readonly byName: ReadonlyMap<string, string>;
  /** That says no more than these. */
  readonly header: string;
}

/** A browser says the same with each call. Longer ones, or with more names, aren't kept: what somebody makes up may be of any size. */
const known = new RecentlyUsed<Cookies>(2048);
const LONGEST_KNOWN = 1024;
const MOST_NAMES = 32;

/** The request's cookies, as the edge middleware has left them. */
export function cookiesOf(request: IncomingMessage): ReadonlyMap<string, string> {
  return read(request.headers.cookie ?? '').byName;
}

/** The header as everybody after the edge reads it, express-session too. */
export function withoutAmbiguousCookies(header: string | undefined): string | undefined {
  return header === undefined ? undefined : read(header).header;
}

function read(header: string): Cookies {
  const before = known.get(header);
  if (before) return before;
  const cookies = unambiguous(pairs(header));
  if (header.length <= LONGEST_KNOWN && cookies.byName.size <= MOST_NAMES) known.keep(header, cookies);
  return cookies;
}

/** Of a name that comes twice neither counts: one of them is somebody else's (cookie tossing), and nobody can say which. */
function unambiguous(all: [name: string, value: string][]): Cookies {
  const count = Map.groupBy(all, ([name]) => name);
  const single = all.filter(([name]) => count.get(name)?.length === 1);
  return { byName: new Map(single), header: single.map(([name, value]) => `${name}=${value}`).join('; ') };
}

export function setCookie(response: ServerResponse, cookie: SetCookie): void {
  response.appendHeader('Set-Cookie', stringifySetCookie({ path: '/', httpOnly: true, ...cookie }));
}

/** RFC 6265 §4.1.1: a token. `stringifySetCookie` refuses any other, so that such a cookie couldn't even be deleted. */
const NAME = /^[!#$%&'*+\-.^`|~\w]+$/;

function pairs(header: string): [name: string, value: string][] {
  return header.split(';').flatMap(part => {
    const equals = part.indexOf('=');
    const name = withoutBlanks(part.slice(0, equals));
    return equals < 0 || !NAME.test(name) ? [] : [[name, withoutBlanks(part.slice(equals + 1))] as [string, string]];
  });
}

/**
 * Blanks and tabs alone (RFC 6265 §5.4): headers are read as Latin-1, and `trim()` takes U+00A0 away, too. A sibling may set `\xA0__Host-Http-session`,
 * to which browsers see no prefix.
 */
function withoutBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t'.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(/^[ \t]+/, '');
}
