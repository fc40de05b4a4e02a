import { stringifySetCookie, type SetCookie } from 'cookie';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The request's cookies, as the edge middleware has left them. */
export function cookiesOf(request: IncomingMessage): Map<string, string> {
  return new Map(pairs(request.headers.cookie));
}

/**
 * The header as everybody after the edge reads it, express-session too. Of a name that comes twice neither is in it: one of them is somebody else's
 * (cookie tossing), and nobody can say which.
 */
export function withoutAmbiguousCookies(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const all = pairs(header);
  const count = Map.groupBy(all, ([name]) => name);
  return all
    .filter(([name]) => count.get(name)?.length === 1)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
}

export function setCookie(response: ServerResponse, cookie: SetCookie): void {
  response.appendHeader('Set-Cookie', stringifySetCookie({ path: '/', httpOnly: true, ...cookie }));
}

/** RFC 6265 §4.1.1: a token. `stringifySetCookie` refuses any other, so that such a cookie couldn't even be deleted. */
const NAME = /^[!#$%&'*+\-.^`|~\w]+$/;

function pairs(header: string | undefined): [name: string, value: string][] {
  return (header ?? '').split(';').flatMap(part => {
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
