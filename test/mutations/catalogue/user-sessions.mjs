const tests = 'test/sessions.e2e-spec.ts';
const own = 'user-sessions.ts';

const entry = (rule, what, file, find, replace, name) => ({
  rule,
  what,
  file: `src/bff/session/${file}`,
  find,
  replace,
  tests,
  ...(name && { name }),
});

export default [
  entry('B12', '/sessions is guarded', 'sessions.controller.ts', '@UseGuards(CsrfGuard)', ''),
  entry(
    'B28',
    'a session that is ended is the user’s own',
    own,
    'session?.subject === subject ? [session] : []',
    'session ? [session] : []',
  ),
  entry(
    'L3',
    'a session that is ended from the list has its tokens revoked',
    'sessions.controller.ts',
    "await this.sessions.endAndRevoke(session, 'revoked');",
    "await this.sessions.end(session, 'revoked');",
  ),
  entry(
    'L3',
    'all others that are ended have their tokens revoked',
    own,
    'await inTurns(ended, AT_ONCE, ({ session, tokens }) => revokeTokens(session, tokens, this.events));',
    '',
  ),
  entry(
    'L3',
    'all others end before the first revocation',
    own,
    "tokens: await this.sessions.end(session, 'revoked'),",
    "tokens: await this.sessions.endAndRevoke(session, 'revoked'),",
  ),
  entry(
    'L1',
    'the cookie of this very session goes with it',
    'sessions.controller.ts',
    'if (session.key === current.key) dropSessionCookie(response, session.frontend);',
    '',
  ),
  entry('R11', 'a handle is no storage key', 'session-record.ts', "frontend.keys.mac('handle', key)", 'key.slice(9)'),
  entry(
    'R8',
    'sessions of an older key are listed',
    'session-record.ts',
    ".macs('storage key', JSON.stringify([options.issuer, kind, value]))\n",
    ".macs('storage key', JSON.stringify([options.issuer, kind, value]))\n          .slice(0, 1)\n",
  ),
  entry(
    'R8',
    'a handle of an older key is known',
    'session-record.ts',
    "keys.macs('handle', key).some(",
    "keys.macs('handle', key).slice(0, 1).some(",
  ),
  entry(
    'L8',
    'a session that is just starting stays in the index',
    own,
    'if (await storage.get(`${key}:seen`)) return;',
    '',
  ),
  entry(
    'B21',
    'a poll of /sessions doesn’t slide',
    'session.middleware.ts',
    "'/session/events', '/sessions']",
    "'/session/events']",
  ),
  entry('S1', 'the list is bounded', own, '.slice(0, LONGEST_LIST)', ''),
];
