const tests = 'test/client-tokens.e2e-spec.ts';
const tokens = 'src/bff/tokens/client-tokens.ts';

const entry = (rule, what, file, find, replace) => ({ rule, what, file, find, replace, tests });

export default [
  entry('R1', 'one request however many ask', tokens, 'this.inFlight ??= this.fetch()', 'this.inFlight = this.fetch()'),
  entry(
    'R1',
    'one token for routes that want the same',
    'src/bff/tokens/route-token.ts',
    'key: JSON.stringify([',
    'key: JSON.stringify([Math.random(), ',
  ),
  entry('R1', 'another token for routes that want another', 'src/bff/tokens/route-token.ts', "scope ?? ''", "''"),
  entry(
    'R5',
    'while the token lives nobody waits',
    tokens,
    '!tokens || !isUsable({ frontend: this.frontend }, tokens)',
    'true',
  ),
  entry('R5', 'an outage isn’t stormed', tokens, 'performance.now() - failed.at < FAILURE_PAUSE', 'false'),
  entry('R12', 'once in half a minute', tokens, '< FORCE_PAUSE) return undefined;', '< 0) return undefined;'),
  entry('A7', 'a token of unknown life is renewed at some time', tokens, 'return unknown || ', 'return '),
  entry(
    'B1',
    'the request says what the route wants',
    'src/bff/oauth-client/token-endpoint.ts',
    ', ...parametersOf(wanted) }',
    ' }',
  ),
  {
    ...entry('F2', 'the client’s token is bound to a key', tokens, '{ dpop: this.dpopKeyOf(frontend) }', '{}'),
    tests: 'test/route-tokens-provider.e2e-spec.ts',
  },
  {
    ...entry(
      'F2',
      'a route’s token is bound to the session’s key',
      'src/bff/tokens/renewal.ts',
      'tokens.dpopKey ?? (frontend.options.dpop ? newDpopKey() : undefined)',
      'undefined',
    ),
    tests: 'test/route-tokens-provider.e2e-spec.ts',
  },
];
