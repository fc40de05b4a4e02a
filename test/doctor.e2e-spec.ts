import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFapiHostile } from './support/fapi-hostile.js';
import { freePort } from './support/free-port.js';
import {
  type Hostile,
  type Lies,
  pushLies,
  startHostileAuthorizationServer,
} from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory } from './support/parlour.js';
import { run } from './support/parlour-process.js';

interface Finding {
  subject: string;
  offered: string;
  used: string;
  verdict: string;
  why?: string;
}

let hostile: Hostile;
beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());
beforeEach(() => hostile.beHonest());

/** The built command with a configuration that is fine, and its changes. */
async function doctor(changes: Record<string, string> = {}, ...options: string[]) {
  const environment = {
    PUBLIC_URL: 'http://localhost:3000',
    ISSUER: hostile.issuer,
    CLIENT_ID,
    CLIENT_SECRET,
    SESSION_KEYS: randomKey(),
    STORAGE_URL: `file:${temporaryDirectory()}/data`,
    OUTBOUND_TIMEOUT: '2',
    ...changes,
  };
  const { ended, stdout, stderr } = run(environment, ['dist/doctor.js', ...options]);
  const { code } = await ended;
  expect(stderr).toEqual([]);
  return { code, text: stdout.join('\n') };
}

function withRoute(route: object): Record<string, string> {
  const file = join(temporaryDirectory(), 'parlour.json');
  const apiRoutes = [{ path: '/api', upstream: 'https://api.example', ...route }];
  writeFileSync(file, JSON.stringify({ apiRoutes }));
  return { CONFIG_FILE: file };
}

async function report(changes: Record<string, string> = {}) {
  const { code, text } = await doctor(changes, '--json');
  // its own output, whose form these tests are about
  const { ok, findings } = JSON.parse(text) as { ok: boolean; findings: Finding[] };
  return { code, ok, text, of: (subject: string) => findings.find(one => one.subject === subject), findings };
}

describe('the doctor', () => {
  it('finds a working configuration well, after one real push and no other call with credentials', async () => {
    const { code, ok, of, text } = await report();
    expect([code, ok]).toEqual([0, true]);
    expect(of('push')).toMatchObject({ verdict: 'ok', offered: 'a request_uri for 60 s' });
    expect(of('issuer')).toMatchObject({ verdict: 'ok', offered: hostile.issuer, used: hostile.issuer });
    expect(hostile.calls.map(({ endpoint }) => endpoint).filter(name => !['discovery', 'jwks'].includes(name))).toEqual(
      ['par'],
    );
    for (const { value } of hostile.issued) expect(text).not.toContain(value);
    expect(text).not.toContain(CLIENT_SECRET);
  });

  it('prints a table for people, with a reason under whatever isn’t well', async () => {
    hostile.lies.discovery = { members: { end_session_endpoint: undefined } };
    const { code, text } = await doctor();
    expect(code).toBe(0);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^frontend +what +verdict +the server offers +Parlour uses$/);
    const at = lines.findIndex(line => line.includes('end session endpoint'));
    expect(lines[at]).toMatch(/ warning +not said$/);
    expect(lines[at + 1]).toMatch(/^ {4}→ it is missing: a logout ends the session here/);
  });

  it('lists all mistakes of the configuration, with an exit code of its own', async () => {
    const { code, findings, text } = await report({ CLIENT_ID: '', SCOPE: 'profile' });
    expect(code).toBe(2);
    expect(findings.map(({ why }) => why)).toEqual(['CLIENT_ID is missing', 'SCOPE must contain openid']);
    expect(text).not.toContain(CLIENT_SECRET);
  });

  it('says that nothing answers at the issuer, and tries no push', async () => {
    const { code, of } = await report({ ISSUER: `http://127.0.0.1:${await freePort()}` });
    expect(code).toBe(1);
    expect(of('metadata')).toMatchObject({
      verdict: 'failure',
      why: expect.stringMatching(/can’t be reached: network error ECONNREFUSED/),
    });
    expect(of('push')).toMatchObject({ verdict: 'unknown' });
  });

  const WRONG: [string, Lies, Record<string, string>, string, RegExp][] = [
    ['a server that hangs', { discovery: { transport: 'hang' } }, {}, 'metadata', /can’t be reached: timed out/],
    ['a server that answers 404', { discovery: { status: 404, body: 'no' } }, {}, 'metadata', /answers 404/],
    [
      'a page instead of metadata',
      { discovery: { body: '<html>' } },
      {},
      'metadata',
      /something else than a JSON object/,
    ],
    [
      'another issuer',
      { discovery: { members: { issuer: 'https://other.example' } } },
      {},
      'issuer',
      /letter by letter/,
    ],
    [
      'no PAR endpoint',
      { discovery: { members: { pushed_authorization_request_endpoint: undefined } } },
      {},
      'pushed authorization requests',
      /it is required, and the server has none/,
    ],
    [
      'a token endpoint on plain http',
      { discovery: { members: { token_endpoint: 'http://as.example/token' } } },
      {},
      'token endpoint',
      /plain http/,
    ],
    [
      'no token endpoint',
      { discovery: { members: { token_endpoint: undefined } } },
      {},
      'token endpoint',
      /no code can be/,
    ],
    [
      'another method of client authentication',
      { discovery: { members: { token_endpoint_auth_methods_supported: ['private_key_jwt'] } } },
      {},
      'client authentication',
      /set CLIENT_AUTH_METHOD/,
    ],
    [
      'no code flow',
      { discovery: { members: { response_types_supported: ['id_token'] } } },
      {},
      'response type',
      /no authorization code flow/,
    ],
    [
      'another algorithm for ID tokens',
      { discovery: { members: { id_token_signing_alg_values_supported: ['ES384'] } } },
      {},
      'ID token algorithm',
      /every login would fail/,
    ],
    [
      'no key for the ID tokens',
      { jwks: { body: { keys: [{ kty: 'oct' }] } } },
      {},
      'signing keys',
      /no key for RS256/,
    ],
    ['keys that can’t be read', { jwks: { status: 500, body: '' } }, {}, 'signing keys', /answers 500/],
    [
      'no client credentials for an API route that wants them',
      { discovery: { members: { grant_types_supported: ['authorization_code', 'refresh_token'] } } },
      withRoute({ token: 'client' }),
      'client credentials',
      /no API route gets the client’s token/,
    ],
    [
      'no token exchange for an API route that wants one',
      { discovery: { members: { grant_types_supported: ['authorization_code', 'refresh_token'] } } },
      withRoute({ tokenExchange: true }),
      'token exchange',
      /exchanges no tokens/,
    ],
    ['refused credentials', { par: pushLies['401 invalid_client'] }, {}, 'push', /compare CLIENT_ID/],
    ['a refused request', { par: pushLies['400 with a JSON error'] }, {}, 'push', /redirect URI, scope/],
    ['a server in trouble', { par: pushLies['500'] }, {}, 'push', /logins answer 503/],
    ['a push that breaks the standard', { par: pushLies['expires_in 0'] }, {}, 'push', /breaks the standard/],
  ];

  it.each(WRONG)('P5: tells of %s, and what to do', async (_, lies, changes, subject, why) => {
    hostile.lies = lies;
    const { code, ok, of } = await report(changes);
    expect([code, ok]).toEqual([1, false]);
    expect(of(subject)).toMatchObject({ verdict: 'failure', why: expect.stringMatching(why) });
  });

  it('P5: reads on where something is nested without end', async () => {
    const nested = (open: string, end: string) => open.repeat(50_000) + end.repeat(50_000);
    const { issuer } = hostile;
    for (const value of [nested('[', ']'), nested('{"a":[', ']}')]) {
      const body = `{"issuer":"${issuer}","jwks_uri":"${issuer}/jwks","scopes_supported":${value},"token_endpoint":${value}}`;
      hostile.lies.discovery = { body };
      const { code, of } = await report();
      expect([code, of('signing keys')?.verdict]).toEqual([1, 'ok']);
      expect(of('token endpoint')?.verdict).toBe('failure');
    }
  });

  it('F6: pushes as a login would, with a proof of possession', async () => {
    hostile.lies.discovery = { members: { dpop_signing_alg_values_supported: ['ES256'] } };
    hostile.lies.par = { status: 400, body: { error: 'invalid_dpop_proof' } };
    const { of } = await report({ DPOP: 'true' });
    expect(of('push')).toMatchObject({ verdict: 'failure', offered: '400 invalid_dpop_proof' });
    const [push] = hostile.to('par');
    expect(push?.params.get('dpop_jkt')).toHaveLength(43);
    expect(push?.headers['dpop']).toBeDefined();
  });

  it('reads the keys at an address of any length', async () => {
    hostile.lies.discovery = { members: { jwks_uri: `${hostile.issuer}/jwks?${'x'.repeat(300)}` } };
    expect((await report()).of('signing keys')?.verdict).toBe('ok');
    expect(hostile.to('jwks').at(-1)?.target).toHaveLength(306);
  });

  it('warns of what works and costs something: PAR that may be skipped, scopes and methods that aren’t listed', async () => {
    hostile.lies.discovery = {
      members: {
        pushed_authorization_request_endpoint: undefined,
        require_pushed_authorization_requests: undefined,
        scopes_supported: ['openid'],
        code_challenge_methods_supported: ['plain'],
        authorization_response_iss_parameter_supported: undefined,
        backchannel_logout_session_supported: false,
      },
    };
    const { findings, of } = await report({ PAR: 'auto' });
    expect(findings.filter(({ verdict }) => verdict === 'failure')).toEqual([]);
    expect(findings.filter(({ verdict }) => verdict === 'warning').map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([
        'pushed authorization requests',
        'PKCE',
        'scopes',
        'iss in the authorization response',
        'back-channel logout',
        'push',
      ]),
    );
    expect(of('scopes')?.why).toContain('not listed: profile');
    expect(of('back-channel logout')?.why).toContain('name no session');
    hostile.lies.discovery = { members: { backchannel_logout_supported: undefined } };
    expect((await report()).of('back-channel logout')?.why).toContain('a logout elsewhere ends no session here');
  });

  it('F9, A2: tells of what a profile demands beyond what the metadata promise', async () => {
    const { parlour, close } = await startFapiHostile('fapi2', {
      authorization_response_iss_parameter_supported: undefined,
      response_modes_supported: ['form_post'],
    });
    try {
      const { of } = await report({ ...parlour.environment, STORAGE_URL: `file:${temporaryDirectory()}/data` });
      const iss = { verdict: 'warning', used: 'demanded by the profile', why: expect.stringContaining('no login') };
      expect(of('iss in the authorization response')).toMatchObject(iss);
      const push = {
        verdict: 'failure',
        offered: expect.stringContaining('response_modes_supported doesn’t list query'),
      };
      expect(of('push')).toMatchObject(push);
    } finally {
      await close();
    }
  });

  it('S3: lets no text of the server’s steer the terminal, and none of its secrets through', async () => {
    hostile.lies.discovery = { members: { issuer: 'https://x.example/\u001b[2J\u2028forged' } };
    hostile.lies.par = {
      status: 400,
      body: { error: 'invalid_request', error_description: `code=${'a1B2'.repeat(12)}` },
    };
    const { text } = await doctor();
    expect(text).not.toMatch(/\u001b|\u2028/);
    expect(text).not.toContain('a1B2a1B2');
  });
});
