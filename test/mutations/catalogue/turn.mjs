// What a client sends ahead, and who hears it go.
const turn = 'src/bff/turn.ts';

const entry = (what, find, replace, name) => ({
  rule: 'S1',
  what,
  file: turn,
  find,
  replace,
  tests: 'test/gone-clients.e2e-spec.ts',
  name,
});

export default [
  entry(
    'a call that was sent ahead waits for its turn',
    'if (response.socket) return begin();',
    'return begin();',
    'S1: (?:has no call made|are taken one after the other)',
  ),
  entry(
    'requests that wait on a connection are bounded',
    'if (ahead === MOST) return void socket.destroy();',
    '',
    'S1: are no more than a hundred',
  ),
  {
    ...entry(
      'one that has been answered meanwhile isn’t begun any more',
      'if (!response.writableEnded) begin();',
      'begin();',
      'S1: are begun no more',
    ),
    tests: 'test/requests-ahead-host.e2e-spec.ts',
  },
  {
    ...entry(
      'one that a host has answered doesn’t wait',
      '  if (response.writableEnded) return;\n',
      '',
      'S1: don’t wait, and don’t count',
    ),
    tests: 'test/requests-ahead-host.e2e-spec.ts',
  },
  {
    ...entry(
      'each begins in its own async context',
      'AsyncResource.bind(takeTurn)',
      'takeTurn',
      'S1: have their own async context',
    ),
    tests: 'test/requests-ahead-host.e2e-spec.ts',
  },
  {
    ...entry(
      'a stream may be silent while its browser would be heard leaving',
      ' && !request.socket.isPaused()',
      '',
      'S1: behind',
    ),
    file: 'src/bff/api-proxy/forward.ts',
  },
];
