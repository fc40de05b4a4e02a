import { type HostileInput, passed, refused, shown, written } from './input.js';

const NO_METHODS = [
  'get',
  'Get',
  'GET\t',
  'G ET',
  'GE\0T',
  'GET,POST',
  'GET/',
  '"GET"',
  'GET\xe9',
  'STEAL',
  'BREW',
  'X'.repeat(5000),
  '',
  'G\rET',
  '\nGETX',
  'HTTP/1.1',
];

const VERSIONS = [
  'HTTP/0.9',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/2',
  'HTTP/9.9',
  'HTTP/1',
  'HTTP/1.',
  'HTTP/01.1',
  'HTTP/1.1x',
  'http/1.1',
  'HTTQ/1.1',
  'HTTP /1.1',
  'HTTPS/1.1',
  'ICE/1.0',
  'HTTP/-1.1',
  'HTTP/1.1 HTTP/1.1',
  '',
];

const line = (text: string) => written({ line: text });

export const methods: HostileInput[] = [
  ...refused(
    '4xx',
    NO_METHODS.map(method => [`the method ${shown(method)}`, line(`${method} /api/things/x HTTP/1.1`)]),
  ),
  ...refused(
    '4xx',
    VERSIONS.map(version => [`the version ${shown(version)}`, line(`GET /api/things/x ${version}`)]),
  ),
  ...refused('4xx', [
    ['TRACE', line('TRACE /api/things/x HTTP/1.1')],
    ['OPTIONS *', line('OPTIONS * HTTP/1.1')],
    [
      'OPTIONS of somebody’s page',
      written({
        line: 'OPTIONS /api/things/x HTTP/1.1',
        fields: ['Origin: http://{evil}', 'Access-Control-Request-Method: PUT'],
      }),
    ],
    ['GET *', line('GET * HTTP/1.1')],
    ['HTTP/2’s preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['SOCKS', '\x05\x01\x00\r\n\r\n'],
    ['PROXY protocol', `PROXY TCP4 203.0.113.66 127.0.0.1 1 2\r\n${line('GET /api/things/x HTTP/1.1')}`],
    ['an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ]),
  ...refused('closed', [
    ['CONNECT of somebody', 'CONNECT {evil} HTTP/1.1\r\nHost: {evil}\r\n\r\n'],
    ['CONNECT of the API', 'CONNECT {api} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nX-CSRF: 1\r\n\r\n'],
    ['CONNECT of a path', line('CONNECT /api/things/x HTTP/1.1')],
  ]),
  ...passed([
    ...['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'M-SEARCH', 'SEARCH', 'QUERY', 'COPY', 'MOVE'].map(
      (method): [string, string, string] => [
        method,
        written({ line: `${method} /api/things/x HTTP/1.1`, fields: ['Content-Length: 0'] }),
        `${method} /v1/x`,
      ],
    ),
    // Node's parser takes RTSP for HTTP, and nobody can tell afterwards
    ...['HTTP/1.0', 'RTSP/1.0'].map((version): [string, string, string] => [
      version,
      written({ line: `GET /api/things/x ${version}`, fields: ['Connection: keep-alive'] }),
      'GET /v1/x',
    ]),
    [
      'an upgrade to HTTP/2',
      written({
        fields: [
          'Connection: Upgrade, HTTP2-Settings, close',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
        ],
      }),
      'GET /v1/x',
    ],
    ['an upgrade to something', written({ fields: ['Connection: Upgrade, close', 'Upgrade: evil/1.0'] }), 'GET /v1/x'],
    ['empty lines before', `\r\n\r\n${line('GET /api/things/x HTTP/1.1')}`, 'GET /v1/x'],
  ]),
];
