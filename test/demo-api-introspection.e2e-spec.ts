import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningDemoApi, startDemoApi } from '../src/dev/demo-api/index.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { caller, contentOf } from './support/authlete-api.js';

const REDIRECT = 'http://localhost:3000/callback';
const CLIENT = { clientId: '4711', clientSecret: 'the-secret-of-a-client' };
const INTROSPECTION = 'auth/introspection';

let emulator: RunningEmulator;
const apis: Record<string, RunningDemoApi> = {};

beforeAll(async () => {
  const supportedScopes = ['openid', 'orders:read', 'orders:write'].map(name => ({ name }));
  emulator = await startAuthleteEmulator({
    port: 0,
    service: { issuer: 'http://127.0.0.1:1', supportedScopes },
    clients: [{ ...CLIENT, redirectUris: [REDIRECT], tokenAuthMethod: 'CLIENT_SECRET_BASIC' }],
  });
  const { serviceId, accessToken, apiKey, apiSecret } = emulator.credentials;
  apis['v2'] = await startDemoApi({ port: 0, introspection: { baseUrl: emulator.url, apiKey, apiSecret } });
  apis['v3'] = await startDemoApi({
    port: 0,
    introspection: { baseUrl: `${emulator.url}/`, serviceId, accessToken },
  });
});
afterEach(() => emulator.clearFaults());
afterAll(() => Promise.all([emulator.close(), ...Object.values(apis).map(api => api.close())]));

/** An access token of alice's, got without any browser. */
async function token(scope = 'openid orders:read'): Promise<string> {
  const { url, credentials } = emulator;
  const call = caller({ url, version: 'v3', credentials });
  const form = (members: Record<string, string>) => String(new URLSearchParams(members));
  const request = { client_id: CLIENT.clientId, response_type: 'code', scope, redirect_uri: REDIRECT };
  const pushed = contentOf(await call('pushed_auth_req', { ...CLIENT, parameters: form(request) }));
  const { ticket } = (
    await call('auth/authorization', {
      parameters: form({ client_id: CLIENT.clientId, request_uri: String(pushed['request_uri']) }),
    })
  ).body;
  const issued = await call('auth/authorization/issue', { ticket, subject: 'alice' });
  const code = new URL(String(issued.body['responseContent'])).searchParams.get('code') ?? '';
  const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
  return String(contentOf(await call('auth/token', { ...CLIENT, parameters: form(grant) }))['access_token']);
}

interface Said {
  status: number;
  challenge: string | null;
  body: unknown;
}

async function ask(path: string, authorization?: string, version = 'v3', method = 'GET'): Promise<Said> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(`${apis[version]?.url}${path}`, { method, headers });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: await response.json(),
  };
}

describe('the demo API that asks Authlete', () => {
  it.each(['v2', 'v3'])('lets in whom the token speaks for, with the scope that the route needs: %s', async version => {
    const accessToken = await token();
    const { status, body } = await ask('/orders', `Bearer ${accessToken}`, version);
    expect([status, body]).toEqual([200, expect.objectContaining({ customer: 'alice' })]);
    expect(emulator.calls.at(-1)).toMatchObject({
      api: INTROSPECTION,
      version,
      body: { token: accessToken, scopes: ['orders:read'] },
    });
  });

  it('refuses a missing or misplaced token without asking anybody', async () => {
    const before = emulator.calls.length;
    expect(await ask('/orders')).toMatchObject({ status: 401, challenge: 'Bearer' });
    expect(await ask('/orders', 'Basic eDp5')).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
    });
    expect(emulator.calls).toHaveLength(before);
  });

  it('passes Authlete’s challenge on for a token that isn’t known, and for one without the scope', async () => {
    const unknown = await ask('/orders', 'Bearer of-nobody');
    expect([unknown.status, unknown.challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    const reader = await ask('/orders', `Bearer ${await token()}`, 'v3', 'POST');
    expect([reader.status, reader.challenge]).toEqual([403, expect.stringContaining('error="insufficient_scope"')]);
  });

  it('knows nothing of an expired token', async () => {
    const accessToken = await token();
    emulator.advance(3601);
    expect(await ask('/orders', `Bearer ${accessToken}`)).toMatchObject({ status: 401 });
    emulator.advance(-3601);
  });

  it.each([
    ['BAD_REQUEST', 400],
    ['UNAUTHORIZED', 401],
    ['FORBIDDEN', 403],
    ['INTERNAL_SERVER_ERROR', 500],
  ])('answers %s with %i and the challenge in responseContent', async (action, status) => {
    emulator.fault(INTROSPECTION, { body: { action, responseContent: `Bearer error="of_${action}"` } });
    expect(await ask('/orders', 'Bearer x')).toMatchObject({ status, challenge: `Bearer error="of_${action}"` });
  });

  it.each([
    'unauthorized',
    'too_many_requests',
    'internal_server_error',
    'garbage',
    'unknown_action',
    'missing_action',
    'disconnect',
  ] as const)('answers 503 when Authlete can’t say: %s', async fault => {
    const accessToken = await token();
    emulator.fault(INTROSPECTION, fault);
    const { status, challenge } = await ask('/orders', `Bearer ${accessToken}`);
    expect([status, challenge]).toEqual([503, null]);
  });

  it('lets nobody in by an OK that comes with another status, or that names no subject', async () => {
    emulator.fault(INTROSPECTION, { status: 500, body: { action: 'OK', subject: 'alice', scopes: ['orders:read'] } });
    expect(await ask('/orders', 'Bearer x')).toMatchObject({ status: 503 });
    emulator.fault(INTROSPECTION, { body: { action: 'OK', clientId: 4711, scopes: ['orders:read'] } });
    expect(await ask('/orders', 'Bearer x')).toMatchObject({ status: 401 });
  });
});
