const proxy = 'src/bff/api-proxy/';
const handshake = `${proxy}websocket-handshake.ts`;
const sockets = `${proxy}websockets.ts`;
const tunnel = `${proxy}websocket-tunnel.ts`;
const tests = 'test/websockets.e2e-spec.ts';
const lifetime = 'test/websockets-lifetime.e2e-spec.ts';
const host = 'test/websockets-host.e2e-spec.ts';
const entry = (rule, what, file, find, replace, spec = tests) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests: spec,
});

export default [
  entry(
    'B10',
    'a WebSocket comes from the exact origin',
    `${proxy}api.guard.ts`,
    'if (origin !== undefined && frontend.allowsOrigin(origin)) return true;',
    'return true;',
  ),
  entry(
    'B10',
    'a gateway of the host’s never takes what is the proxy’s',
    'src/bff/upgrade.ts',
    "event === 'upgrade' && isOurs(request.url ?? '')",
    'false',
    host,
  ),
  entry('B15', 'a route takes WebSockets when it says so', handshake, '!options.webSocket || ', ''),
  entry('B13', 'no other protocol is asked for', handshake, "headers.upgrade?.toLowerCase() === 'websocket' &&", ''),
  entry('B13', 'a handshake is a GET', handshake, "method === 'GET' &&", ''),
  entry('B13', 'a handshake is of version 13', handshake, "headers['sec-websocket-version'] === '13' &&", ''),
  entry('B13', 'a handshake has one key', handshake, "KEY.test(headers['sec-websocket-key'] ?? '')", 'true'),
  entry(
    'B13',
    'nothing comes with a handshake’s head',
    'src/bff/edge.middleware.ts',
    "if (upgradeOf(request)?.hasMore) throw new BffError('upgrade_refused');",
    '',
  ),
  entry('B13', 'an API answers to the browser’s key', handshake, 'accept !== expected || ', ''),
  entry('B13', 'an API answers once', handshake, ' || second !== undefined', ''),
  entry('B13', 'an API switches to WebSocket', handshake, "upgrade !== 'websocket' || ", ''),
  entry(
    'B13',
    'an API chooses an offered subprotocol',
    handshake,
    "refuseUnoffered('sec-websocket-protocol', request, answer);",
    '',
  ),
  entry(
    'B13',
    'an API chooses offered extensions',
    handshake,
    "refuseUnoffered('sec-websocket-extensions', request, answer);",
    '',
  ),
  entry('B13', 'an API chooses one subprotocol', handshake, 'several || ', ''),
  entry(
    'L10',
    'a WebSocket closes with its session',
    sockets,
    "tunnel.end(UNAUTHORIZED, 'session_ended');",
    '',
    lifetime,
  ),
  entry(
    'L10',
    'a Close frame stands between frames',
    `${proxy}websocket-frames.ts`,
    'this.left === 0 && this.head.length === 0 && ',
    '',
    lifetime,
  ),
  entry(
    'R13',
    'a handshake gets no socket after its session’s end',
    sockets,
    "if (over.signal.aborted) throw new BffError('session_ended');",
    '',
    lifetime,
  ),
  entry(
    'L9',
    'an upgrade to something else costs no logout',
    'src/bff/upgrade.ts',
    "isOurs(request.url ?? '') ? namesWebSocket(request) : server.listenerCount('upgrade') > 1 && wasUpgrade(request)",
    'true',
  ),
  entry(
    'B13',
    'an upgrade that isn’t to WebSocket is none',
    'src/bff/upgrade.ts',
    '? namesWebSocket(request)',
    '? wasUpgrade(request)',
  ),
  {
    ...entry(
      'S1',
      'a handshake behind a call is no exception',
      'src/bff/upgrade.ts',
      'if (!isAssigned(response, socket)) return void leave();',
      'response.assignSocket(socket);',
    ),
    name: 'S1: that comes behind a call',
  },
  entry(
    'S1',
    'an end waits for the other to read',
    tunnel,
    '.pipe(to);',
    ".on('data', chunk => to.write(chunk));",
    lifetime,
  ),
];
