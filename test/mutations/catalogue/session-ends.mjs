const session = 'src/bff/session/';
const spec = name => `test/${name}.e2e-spec.ts`;
const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });

export default [
  entry(
    'R10',
    'what a host writes while the session ends is taken away again',
    `${session}session-store.ts`,
    'if (!(await this.sessions.find(this.frontend, id))) await this.frontend.records.delete(key);',
    '',
    spec('host-session'),
  ),
  entry(
    'B18',
    'a dead refresh token ends the session after a forced refresh, too',
    `${session}session.ts`,
    "if (refreshed.kind === 'ended') return this.refreshRejected(session);",
    '',
    spec('tokens-rejected'),
  ),
  entry(
    'R11',
    'no raw session id in a storage key',
    `${session}session.ts`,
    "sessionKey(frontend, frontend.keys.mac('storage key', sessionId))",
    'sessionKey(frontend, sessionId)',
    spec('session-storage'),
  ),
  entry(
    'B28',
    'keys of one frontend open nothing of another',
    'src/bff/seal.ts',
    "['parlour', frontend, purpose]",
    "['parlour', purpose]",
    spec('frontends'),
  ),
  entry(
    'B21',
    '/session doesn’t slide the idle deadline',
    `${session}session.middleware.ts`,
    ' || isPoll(request, current.frontend)',
    '',
    spec('session-deadlines'),
  ),
  entry(
    'B21',
    'the SPA’s page has a policy',
    'src/spa/built-spa.ts',
    "response.setHeader('Content-Security-Policy', contentSecurityPolicy ?? DEFAULT_POLICY);",
    '',
    spec('spa-built'),
  ),
  ...['B21', 'R10'].map(rule =>
    entry(
      rule,
      'of many requests one slides the idle deadline, and none that of a session that has ended',
      `${session}session.ts`,
      'const hasSlid = await frontend.records.compareAndSwap(`${key}:seen`, seenVersion, now, idle);',
      'const hasSlid = seenVersion !== undefined;\n    await frontend.records.put(`${key}:seen`, now, idle);',
      spec('session-deadlines'),
    ),
  ),
];
