import { type HostileInput, passed, post, refused, shown, written } from './input.js';

const VALUES = [
  '\0',
  '\x01',
  '\x08',
  '\x0b',
  '\x0c',
  '\x1b',
  '\x7f',
  '\r',
  '\n',
  '\rX-Evil: y',
  '\nX-Evil: y',
  '\r\n X-Evil: y',
  '\r\n\tfolded',
];

const NAMES = [
  'X Evil',
  'X-Evil ',
  'X-Evil\t',
  ' X-Evil',
  '\tX-Evil',
  '',
  'X\0',
  'X\x7f',
  'X\xe9',
  'X"',
  'X(',
  'X)',
  'X,',
  'X/',
  'X;',
  'X<',
  'X>',
  'X=',
  'X?',
  'X@',
  'X[',
  'X]',
  'X{',
  'X}',
  'X\\',
];

/** Fields of which there's one, said twice. */
const TWICE: string[][] = [
  ['Authorization: Bearer of-the-browser', 'Authorization: Basic eA=='],
  ['authorization: Bearer of-the-browser', 'AUTHORIZATION: DPoP x'],
  ['X-CSRF: 0'],
  ['Origin: http://{host}', 'Origin: http://{evil}'],
  ['Origin: http://{evil}', 'Origin: http://{host}'],
  ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-origin'],
];

export const fields: HostileInput[] = [
  ...refused(
    '4xx',
    VALUES.map(text => [`a value with ${shown(text)}`, written({ fields: [`X-Evil: a${text}b`] })]),
  ),
  ...refused(
    '4xx',
    NAMES.map(name => [`the name ${shown(name)}`, written({ fields: [`${name}: y`] })]),
  ),
  ...refused('4xx', [
    ['a line without a colon', written({ fields: ['X-Evil'] })],
    ['a header of 20 kB', written({ fields: [`X-Evil: ${'x'.repeat(20_000)}`] })],
    ['a name of 20 kB', written({ fields: [`${'x'.repeat(20_000)}: y`] })],
    ['3,000 fields', written({ fields: Array.from({ length: 3000 }, (_, index) => `x${index}: y`) })],
    ['lines that end in LF alone', written({}).replaceAll('\r\n', '\n')],
    ['lines that end in CR alone', written({}).replaceAll('\r\n', '\r')],
    ['Expect of something else', post(['Expect: the-spanish-inquisition', 'Content-Length: 2'], 'hi')],
    ['two types of a body', post(['Content-Type: a/b', 'Content-Type: c/d', 'Content-Length: 2'], 'hi')],
    ['a type said again with _', post(['Content-Type: a/b', 'Content_Type: c/d', 'Content-Length: 2'], 'hi')],
    ['Service-Worker: script', written({ fields: ['Service-Worker: script'] })],
    ['Sec-Fetch-Dest: serviceworker', written({ fields: ['Sec-Fetch-Dest: serviceworker'] })],
    ['Origin: null', written({ fields: ['Origin: null'] })],
    ['Origin of somebody', written({ fields: ['Origin: http://{evil}'] })],
    ['Origin with a path', written({ fields: ['Origin: http://{host}/'] })],
    ['Origin in capitals', written({ fields: ['Origin: HTTP://{host}'] })],
    ['a cross-site request', written({ fields: ['Sec-Fetch-Site: cross-site'] })],
    ['two session cookies', written({ fields: ['Cookie: {cookie}x'] })],
    ['the same session cookie twice', written({ fields: ['Cookie: {cookie}'] })],
    [
      'a nameless cookie that looks like the session’s',
      'GET /api/things/x HTTP/1.1\r\nHost: {host}\r\nX-CSRF: 1\r\nCookie: ={cookie}\r\n\r\n',
    ],
    [
      'a cookie behind a blank of another kind',
      'GET /api/things/x HTTP/1.1\r\nHost: {host}\r\nX-CSRF: 1\r\nCookie: \xa0{cookie}\r\n\r\n',
    ],
    ['X-CSRF with another value', written({}).replace('X-CSRF: 1', 'X-CSRF: true')],
    ['X-CSRF in a folded line', written({}).replace('X-CSRF: 1', 'X:\r\n X-CSRF: 1')],
    ['X_CSRF', written({}).replace('X-CSRF: 1', 'X_CSRF: 1')],
    [
      'X-CSRF in a trailer',
      post(['Transfer-Encoding: chunked'], '0\r\nX-CSRF: 1\r\n\r\n').replace('X-CSRF: 1\r\n', ''),
    ],
  ]),
  ...passed([
    ...TWICE.slice(0, 2).map((twice): [string, string, string] => [
      shown(twice.join(' | ')),
      written({ fields: twice }),
      'GET /v1/x',
    ]),
    [
      'what a browser says of its page',
      written({
        fields: ['Origin: http://{host}', 'Referer: http://{host}/', 'Sec-Fetch-Site: same-origin', 'Sec-GPC: 1'],
      }),
      'GET /v1/x',
    ],
    [
      'hop-by-hop fields',
      written({ fields: ['Connection: X-Hop', 'X-Hop: evil', 'Keep-Alive: timeout=1', 'TE: trailers', 'Trailer: X'] }),
      'GET /v1/x',
    ],
    [
      'Connection names what’s ours',
      written({ fields: ['Connection: Authorization, Host, Forwarded, Content-Length, X-CSRF'] }),
      'GET /v1/x',
    ],
    [
      'Connection: close of something else',
      written({ fields: ['Connection: keep-alive, , ,', 'Connection: ,'] }),
      'GET /v1/x',
    ],
    ['Expect: 100-continue', post(['Expect: 100-continue', 'Content-Length: 2'], 'hi'), 'POST /v1/x hi'],
    ['a value outside ASCII', written({ fields: ['X-Name: J\xfcrgen \xc3\xa9'] }), 'GET /v1/x'],
    ['an empty value', written({ fields: ['X-Empty:'] }), 'GET /v1/x'],
    ['__proto__', written({ fields: ['__proto__: x', 'constructor: y'] }), 'GET /v1/x'],
  ]),
  ...refused(
    '4xx',
    TWICE.slice(2).map(twice => [shown(twice.join(' | ')), written({ fields: twice })]),
  ),
];
