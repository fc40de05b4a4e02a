const tests = 'test/route-tokens.e2e-spec.ts';
const renewal = 'src/bff/tokens/renewal.ts';
const refresh = 'src/bff/tokens/refresh.ts';
const exchange = 'src/bff/tokens/exchange.ts';
const access = 'src/bff/tokens/access-token.ts';
const token = 'src/bff/tokens/route-token.ts';
const failure = 'src/bff/tokens/refresh-failure.ts';
const endpoint = 'src/bff/oauth-client/token-endpoint.ts';
const grant = 'src/bff/oauth-client/token-exchange.ts';

const entry = (rule, what, file, find, replace, name) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests,
  ...(name && { name }),
});

export default [
  entry(
    'B17',
    'a route’s own token goes to it alone',
    'src/bff/api-proxy/call-token.ts',
    'this.sessions.tokens(session, route.other)',
    'this.sessions.tokens(session)',
  ),
  entry(
    'B17',
    'the refresh names the API',
    endpoint,
    'refreshToken, this.parameters(wanted)',
    'refreshToken, this.parameters()',
  ),
  entry(
    'B17',
    'the exchange names it',
    endpoint,
    'subjectToken, parametersOf(wanted), proof',
    'subjectToken, {}, proof',
  ),
  entry('B17', 'what is exchanged is an access token', grant, 'issued === ACCESS_TOKEN && ', ''),
  entry('B17', '… and is used as one', grant, " && type !== 'n_a'", ''),
  entry('R1', 'one request for the same', access, 'return wanted ? `${key} ${wanted.key}` : key;', 'return key;'),
  entry(
    'R3',
    'a rotated refresh token is kept',
    refresh,
    '{ ...parted(record.tokens).access, ...grant }',
    'record.tokens',
  ),
  entry(
    'R3',
    'also from an answer of no other use',
    refresh,
    'if (granted.refreshToken !== undefined)',
    'if (!failure)',
    'R3: the refresh',
  ),
  entry('R3', '… and none is given back', endpoint, " && grant === 'new'", '', 'R3: the refresh'),
  entry(
    'R4',
    '… but for a session that has ended',
    refresh,
    'await revokeTokens(owner, granted, events);\n  return',
    'return',
    'R4: it’s',
  ),
  entry('R4', 'what comes too late is revoked', renewal, 'await revokeTokens(owner, granted, events);', ''),
  entry(
    'L3',
    'the others are revoked, too',
    'src/bff/tokens/token-store.ts',
    'others: Object.values(stored.others ?? {})',
    'others: []',
    'L3: is revoked at logout',
  ),
  entry(
    'L3',
    'they’re revoked too when a dead refresh token ends the session',
    'src/bff/session/session.ts',
    "this.endAndRevoke(session, 'refresh_token_rejected')",
    "this.end(session, 'refresh_token_rejected')",
    'L3 B18: ',
  ),
  entry(
    'L3',
    'what a refresh drops is revoked',
    refresh,
    'void revokeTokens(owner, { others: dropped(record.others) }, events);',
    'return;',
    'L3: what was exchanged',
  ),
  entry(
    'R5',
    'the others outlive a refresh',
    refresh,
    'held: { tokens, ...outliving(record.others) }',
    'held: { tokens }',
    'R5: outlives',
  ),
  entry('R5', 'what was exchanged doesn’t', token, ' && !other.exchanged', '', 'R5: outlives'),
  entry(
    'R5',
    'a failure is one of the same token',
    failure,
    "attempt.of === of || attempt.failed.outcome === 'unavailable'",
    'true',
    'R5: a refusal for one',
  ),
  entry(
    'R5',
    '… but for a server in trouble',
    failure,
    " || attempt.failed.outcome === 'unavailable'",
    '',
    'R5: a server in',
  ),
  entry('R5', '… also at the session’s own refresh', refresh, " || outcome === 'unavailable';", ';', 'R5: a server in'),
  entry(
    'R5',
    'another’s attempt doesn’t cover it',
    'src/bff/tokens/refresh-lease.ts',
    '...(earlier.length > 0 && { earlier }),',
    '',
    'R5: refusals for several',
  ),
  entry(
    'R12',
    'a forced one has a pause',
    access,
    'Date.now() - Math.max(obtainedAt, forcedAt) >= FORCE_PAUSE',
    'forcedAt >= 0',
  ),
  entry(
    'B18',
    'no exchange ends a session',
    exchange,
    "return { kind: 'failed', retryAfter: failure.retryAfter, outcome: failure.outcome };",
    "return { kind: 'ended' };",
  ),
];
