import { get, type HostileInput, pairs, post, written } from './input.js';

/** A second request that somebody would like to have taken for part of the first, or the other way round. */
const SECOND: [what: string, bytes: string, status: number][] = [
  ['an evil absolute form', written({ line: 'GET http://{evil}/api/things/smuggled HTTP/1.1' }), 400],
  ['a path out of the route', get('/api/things/../../admin'), 400],
  ['another host', written({ line: 'GET /api/things/smuggled HTTP/1.1', host: ['Host: {evil}'] }), 421],
  ['no session', 'GET /api/things/smuggled HTTP/1.1\r\nHost: {host}\r\nX-CSRF: 1\r\n\r\n', 401],
  ['no custom header', 'GET /api/things/smuggled HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n', 403],
  ['the API’s own path', written({ line: 'GET /v1/smuggled HTTP/1.1' }), 404],
  ['the API’s own host', 'GET /v1/smuggled HTTP/1.1\r\nHost: {api}\r\nAuthorization: Bearer x\r\n\r\n', 421],
];

/** First requests, each whole by its own framing; what follows is a request of its own. */
const FIRST: [what: string, bytes: string, reaches: string[]][] = [
  ['a GET', get('/api/things/first'), ['GET /v1/first']],
  [
    'a POST with length 0',
    written({ line: 'POST /api/things/first HTTP/1.1', fields: ['Content-Length: 0'] }),
    ['POST /v1/first'],
  ],
  ['a POST without any framing', written({ line: 'POST /api/things/first HTTP/1.1' }), ['POST /v1/first']],
  [
    'a chunked POST',
    written({
      line: 'POST /api/things/first HTTP/1.1',
      fields: ['Transfer-Encoding: chunked'],
      body: '2\r\nhi\r\n0\r\n\r\n',
    }),
    ['POST /v1/first hi'],
  ],
  [
    'a refused POST with a body',
    written({ line: 'POST /api/things//first HTTP/1.1', fields: ['Content-Length: 2'], body: 'hi' }),
    [],
  ],
  ['an asset', written({ line: 'GET /index.html HTTP/1.1' }), []],
];

const separate = pairs(FIRST, SECOND).map(
  ([[first, firstBytes, reaches], [what, secondBytes, status]]): HostileInput => ({
    what: `${what} after ${first}`,
    bytes: firstBytes + secondBytes,
    answer: reaches.length > 0 ? 200 : '4xx',
    reaches,
    second: status,
  }),
);

/** The same bytes as a body stay a body. */
const hidden = SECOND.map(([what, bytes]): HostileInput => ({
  what: `${what} in a body`,
  bytes: post(['Content-Length: {length}'], bytes),
  answer: 200,
  reaches: [`POST /v1/x ${bytes}`],
}));

/** What follows a request that was refused for its framing is never read. */
const afterRefusal = pairs(
  [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding : chunked'],
    ['Content-Length: 5', 'Content-Length: 0'],
    ['Content-Length: 0x5'],
    ['X: a\0b'],
    ['X: a', ' b'],
  ],
  SECOND.slice(0, 1),
).map(([fields]): HostileInput => ({
  what: `a good request after ${JSON.stringify(fields)}`,
  bytes: post(fields, '0\r\n\r\n') + get('/api/things/smuggled'),
  answer: '4xx',
  reaches: [],
}));

export const pipelined: HostileInput[] = [...separate, ...hidden, ...afterRefusal];
