import { get, type HostileInput, pairs, passed, refused, shown, written } from './input.js';

const SCHEMES = ['http', 'https', 'HTTP', 'ws', 'wss', 'ftp', 'file', 'gopher', 'javascript', 'x'];
const AUTHORITIES = [
  '{evil}',
  '{host}',
  '{api}',
  'user@{evil}',
  '{host}@{evil}',
  '{evil}#@{host}',
  '{evil}\\@{host}',
  '',
];

/** RFC 9112 §3.2: every form but a plain path names somebody else, or nobody. */
const OTHER_FORMS = [
  '{evil}',
  '*',
  'api/things/x',
  './api/things/x',
  '../api/things/x',
  '@{evil}/api/things/x',
  '?/api/things/x',
  '#/api/things/x',
  '%2fapi/things/x',
  '\\api\\things\\x',
  '\\\\{evil}\\api',
  ':80/api/things/x',
  '&',
];

/** Paths that are none of the route's, whatever they look like. */
const ELSEWHERE = [
  '/',
  '//',
  '//{evil}/api/things/x',
  '///{evil}/api/things/x',
  '/\\{evil}/api/things/x',
  '/@{evil}/api/things/x',
  '/.{evil}/api/things/x',
  '/http://{evil}/',
  '/api',
  '/api/',
  '/api/thing',
  '/api/thingsx',
  '/api/things@{evil}/',
  '/api/things:80@{evil}/',
  '/api/things.{evil}/',
  '/api/things%40{evil}/',
  '/api@{evil}/things',
  '/api/things;x',
  '/api;/things/x',
  '/api//things/x',
  '//api/things/x',
  '/./api/things/x',
  '/x/../api/things/x',
  '/api/./things/x',
  '/api/x/../things/x',
  '/api/%74hings/x',
  '/%61pi/things/x',
  '/API/things/x',
  '/api/THINGS/x',
  '/api%2fthings/x',
  '/api\\things\\x',
  '/api/things%00',
  '/api/things%20/x',
  '/api/things%3f/x',
  '/api/things%23/x',
  '/v1/x',
  '/session/../api/things/x',
  '/session/%2e%2e/api/things/x',
];

const RAW_BYTES = [
  '\0',
  '\x01',
  '\t',
  '\n',
  '\v',
  '\f',
  '\r',
  '\x1b',
  ' ',
  '\x7f',
  '\x80',
  '\xa0',
  '\xc0\xae',
  '\xe9',
  '\xff',
];

/** Blanks that HTTP allows before its version, and no part of the target. */
const BLANKS: [string, string, string][] = [['a second blank after the target', get('/api/things/x '), 'GET /v1/x']];

const named = (targets: string[]) =>
  targets.map((target): [string, string] => [`target ${shown(target)}`, get(target)]);

export const targets: HostileInput[] = [
  ...refused(
    '4xx',
    named(pairs(SCHEMES, AUTHORITIES).map(([scheme, authority]) => `${scheme}://${authority}/api/things/x`)),
  ),
  ...refused('4xx', named(OTHER_FORMS)),
  ...refused('4xx', named(ELSEWHERE)),
  ...refused(
    '4xx',
    named(RAW_BYTES.flatMap(bytes => [`/api/things/${bytes}x`, `/api/things${bytes}y`, `/api/things/x?${bytes}y`])),
  ),
  ...passed(BLANKS),
  ...refused('4xx', [
    ['no target', written({ line: 'GET HTTP/1.1' })],
    ['an empty target', written({ line: 'GET  HTTP/1.1' })],
    ['two targets', written({ line: 'GET /api/things/x /api/things/y HTTP/1.1' })],
    ['an evil target after a good one', written({ line: 'GET /api/things/x http://{evil}/ HTTP/1.1' })],
    ['a blank at the front', written({ line: ' GET /api/things/x HTTP/1.1' })],
    ['a target of 20 kB', get(`/api/things/${'x'.repeat(20_000)}`)],
    ['a query of 20 kB', get(`/api/things/x?${'x'.repeat(20_000)}`)],
    ['a path of 3,000 dot segments', get(`/api/things${'/..'.repeat(3000)}`)],
    ['a segment escaped a thousand times', get(`/api/things/%${'25'.repeat(1000)}2e`)],
  ]),
];
