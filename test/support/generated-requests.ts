import * as fc from 'fast-check';
import { ENDPOINTS } from '../../src/bff/endpoints.js';

export interface GeneratedRequest {
  method: string;
  path: string;
  query: [string, string][];
  headers: [string, string][];
  /** The header that scripts send. */
  csrf: boolean;
  /** With a living session. */
  session: boolean;
  cookies: [string, string][];
}

const words = (list: string) => list.trim().split(/\s+/);

const paths = [...Object.keys(ENDPOINTS), '/api', '/api/orders', '/', '/contract.md'];
const parameters = words(
  'return_to prompt login_hint ui_locales acr_values max_age state code iss error handle response __proto__ a[b]',
);
const fields = words(`
  Accept Origin Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Sec-Purpose Service-Worker X-Session-Passive Forwarded
  X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-HTTP-Method-Override Referer Authorization Range If-None-Match
  Content-Type Accept-Encoding Last-Event-ID Access-Control-Request-Method Access-Control-Request-Headers Upgrade`);
const known = words(`
  1 0 -1 1e9 * null none text/html application/json cors navigate document same-origin same-site cross-site login consent
  POST bytes=0-1 websocket /orders https://evil.example //evil.example /\\evil.example /%2f%2fevil.example
  javascript:alert(1) %zz %0d%0aX-Evil:1`);
const suffixes = [...words('/ /x /.. /%2e%2e // /%zz %00 ;a=b /%2f .'), `/${'x'.repeat(2000)}`];
const cookieNames = words('__Host-Http-session __Host-Http-login.x __Host-Http-logout session other');

/** No control characters: Node's parser refuses those, and another test shows it. */
const character = fc.integer({ min: 0x20, max: 0xff }).filter(code => code < 0x7f || code > 0x9f);
const text = fc.string({ unit: character.map(code => String.fromCharCode(code)), maxLength: 40 });
const mostly = <T>(weight: number, arbitrary: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: other });
const value = mostly(3, fc.constantFrom(...known), text);

export const generatedRequest: fc.Arbitrary<GeneratedRequest> = fc.record({
  method: mostly(
    2,
    fc.constant('GET'),
    fc.constantFrom(...words('POST HEAD PUT DELETE OPTIONS TRACE PATCH PROPFIND QUERY')),
  ),
  path: fc
    .tuple(fc.constantFrom(...paths), mostly(4, fc.constant(''), fc.constantFrom(...suffixes)))
    .map(parts => parts.join('')),
  query: fc.array(fc.tuple(mostly(3, fc.constantFrom(...parameters), text), value), { maxLength: 4 }),
  headers: fc.uniqueArray(fc.tuple(fc.constantFrom(...fields), value), { maxLength: 4, selector: ([name]) => name }),
  csrf: fc.boolean(),
  session: fc.boolean(),
  cookies: fc.array(
    fc.tuple(
      fc.constantFrom(...cookieNames),
      text.map(each => each.replaceAll(/[;,\s]/g, '')),
    ),
    {
      maxLength: 3,
    },
  ),
});

/** Half of the queries as a form would write them, half as an attacker: raw but for what would end the request line. */
function targetOf({ path, query, csrf }: GeneratedRequest): string {
  const raw = () => query.map(pair => pair.join('=').replaceAll(/[^!-~]/g, encodeURIComponent)).join('&');
  return query.length === 0 ? path : `${path}?${csrf ? raw() : new URLSearchParams(query).toString()}`;
}

/** Request line and headers, one a line. */
export function linesOf(request: GeneratedRequest, host: string, session: string): string[] {
  const cookies = [...(request.session ? [session] : []), ...request.cookies.map(pair => pair.join('='))];
  return [
    `${request.method} ${targetOf(request)} HTTP/1.1`,
    `Host: ${host}`,
    ...(request.csrf ? ['X-CSRF: 1'] : []),
    ...request.headers.map(([name, content]) => `${name}: ${content.trim()}`),
    ...(cookies.length > 0 ? [`Cookie: ${cookies.join('; ')}`] : []),
    'Content-Length: 0',
    'Connection: close',
  ];
}
