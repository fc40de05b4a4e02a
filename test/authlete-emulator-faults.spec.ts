import { afterEach, describe, expect, it } from '@jest/globals';
import { type Fault, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { type ApiAnswer, caller } from './support/authlete-api.js';
import { authorize, push, pushedUri } from './support/authlete-flow.js';
import { CLIENT, emulatorScene } from './support/authlete-scene.js';
import { until } from './support/parlour.js';

const { emulator, call } = await emulatorScene();
const { url, credentials } = emulator;
const path = `${url}/api/${credentials.serviceId}/pushed_auth_req`;
const headers = { authorization: `Bearer ${credentials.accessToken}` };

/** What fetch sees of a call whose body doesn't matter. */
async function raw(init: RequestInit = {}, address = path): Promise<{ status: number; text: string }> {
  const response = await fetch(address, { method: 'POST', headers, body: '{}', redirect: 'manual', ...init });
  return { status: response.status, text: await response.text() };
}

describe('fault switches', () => {
  it.each<[Fault, number]>([
    ['unauthorized', 401],
    ['forbidden', 403],
    ['too_many_requests', 429],
    ['internal_server_error', 500],
  ])('emulator: %s is a %d without an action, until it is cleared', async (fault, status) => {
    emulator.fault('pushed_auth_req', fault);
    const body = { resultCode: 'EMU-FAULT', resultMessage: expect.stringMatching(/^\[EMU-FAULT\] /) };
    expect(await push(call, CLIENT)).toEqual({ status, body });
    expect(await push(call, CLIENT)).toEqual({ status, body });
    emulator.clearFaults();
    expect((await push(call, CLIENT)).body['action']).toBe('CREATED');
  });

  it('emulator: garbage is a 200 that is no JSON', async () => {
    emulator.fault('pushed_auth_req', 'garbage');
    const { status, text } = await raw();
    expect(status).toBe(200);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('emulator: a timeout is no answer at all, and closing doesn’t wait for it', async () => {
    const other = await startAuthleteEmulator({ port: 0 });
    other.fault('service/configuration', 'timeout');
    const waiting = fetch(`${other.url}/api/service/configuration`).then(
      () => 'answered',
      () => 'cut off',
    );
    await until('the call has arrived', () => other.calls.length === 1);
    await other.close();
    expect(await waiting).toBe('cut off');
  });

  it('emulator: a connection that breaks gives nothing, not even a status', async () => {
    emulator.fault('pushed_auth_req', 'disconnect');
    await expect(raw()).rejects.toThrow('fetch failed');
  });

  it('emulator: an unknown action, a missing one and a missing ticket stand in an answer that is good otherwise', async () => {
    const requestUri = await pushedUri(call, CLIENT);
    const answer = async (fault: Fault): Promise<ApiAnswer> => {
      emulator.fault('auth/authorization', fault);
      return authorize(call, CLIENT, requestUri);
    };
    const ticket = expect.any(String);
    expect((await answer('unknown_action')).body).toMatchObject({
      resultCode: 'A004001',
      action: 'EMU_UNHEARD_OF',
      ticket,
    });
    const actionless = (await answer('missing_action')).body;
    expect(actionless).toMatchObject({ resultCode: 'A004001', ticket });
    expect(actionless).not.toHaveProperty('action');
    const ticketless = (await answer('missing_ticket')).body;
    expect(ticketless).toMatchObject({ resultCode: 'A004001', action: 'INTERACTION' });
    expect(ticketless).not.toHaveProperty('ticket');
  });

  it('emulator: an answer of the test’s own goes out as it is, and other APIs go on', async () => {
    emulator.fault('pushed_auth_req', { body: { action: 'PAYLOAD_TOO_LARGE', responseContent: '{}' } });
    expect(await push(call, CLIENT)).toEqual({
      status: 200,
      body: { action: 'PAYLOAD_TOO_LARGE', responseContent: '{}' },
    });
    emulator.fault('pushed_auth_req', { status: 502, body: 'Bad gateway' });
    expect(await raw()).toEqual({ status: 502, text: 'Bad gateway' });
    expect((await call('service/configuration')).status).toBe(200);
  });
});

describe('calls', () => {
  it('emulator: are recorded in order, with version, credential and body, also those of a fault', async () => {
    const before = emulator.calls.length;
    emulator.fault('auth/revocation', 'disconnect');
    const v2 = caller({ url, version: 'v2', credentials });
    await v2('service/configuration');
    await expect(call('auth/revocation', { parameters: 'token=x' })).rejects.toThrow('fetch failed');
    const basic = `Basic ${Buffer.from(`${credentials.apiKey}:${credentials.apiSecret}`).toString('base64')}`;
    expect(emulator.calls.slice(before)).toEqual([
      { api: 'service/configuration', version: 'v2', authorization: basic, body: {} },
      { api: 'auth/revocation', version: 'v3', ...headers, body: { parameters: 'token=x' } },
    ]);
  });

  it('emulator: another service’s credential, the other version’s, and none are refused with 401', async () => {
    const refused = async (authorization: string | undefined, address = path) => {
      const { status, text } = await raw({ headers: authorization === undefined ? {} : { authorization } }, address);
      return [status, (JSON.parse(text) as ApiAnswer['body'])['resultCode']];
    };
    const basic = `Basic ${Buffer.from(`${credentials.apiKey}:${credentials.apiSecret}`).toString('base64')}`;
    expect(await refused(undefined)).toEqual([401, 'A001202']);
    expect(await refused(basic)).toEqual([401, 'EMU-CREDENTIAL']);
    expect(await refused('Bearer wrong')).toEqual([401, 'EMU-CREDENTIAL']);
    expect(await refused(headers.authorization, `${url}/api/pushed_auth_req`)).toEqual([401, 'EMU-CREDENTIAL']);
    expect(await refused(headers.authorization, `${url}/api/1/pushed_auth_req`)).toEqual([401, 'EMU-CREDENTIAL']);
  });

  it('emulator: what is no API, no POST, no JSON object or of a wrong type is refused', async () => {
    expect((await raw({}, `${url}/api/client/create`)).status).toBe(404);
    expect((await raw({}, `${url}/`)).status).toBe(404);
    expect((await raw({ method: 'GET', body: null })).status).toBe(405);
    for (const body of ['', '[]', 'null', '{']) expect((await raw({ body })).status).toBe(400);
    expect((await raw({ body: '{"parameters":["x"]}' })).text).toContain('EMU-WRONG-TYPE');
  });
});

describe('service/jwks/get and service/configuration', () => {
  it('emulator: without registered keys it is 204, or 302 to where they are', async () => {
    const keys = () => raw({ method: 'GET', body: null }, `${url}/api/${credentials.serviceId}/service/jwks/get`);
    emulator.set({ service: { jwks: '' } });
    expect(await keys()).toEqual({ status: 204, text: '' });
    emulator.set({ service: { jwksUri: 'https://keys.example/jwks' } });
    expect((await keys()).status).toBe(302);
    emulator.set({ service: { jwks: null } });
    expect((await keys()).status).toBe(200);
  });

  it('emulator: discovery follows the settings as they are now', async () => {
    emulator.set({
      service: { parRequired: true, mtlsEndpointAliases: [{ name: 'token_endpoint', uri: 'https://m.example/t' }] },
    });
    expect((await call('service/configuration')).body).toMatchObject({
      require_pushed_authorization_requests: true,
      mtls_endpoint_aliases: { token_endpoint: 'https://m.example/t' },
      response_types_supported: ['code', 'code id_token'],
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none', 'self_signed_tls_client_auth']),
    });
  });
});

describe('startAuthleteEmulator', () => {
  const mode = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = mode;
  });

  it('emulator: doesn’t start in production, and never off loopback', async () => {
    await expect(startAuthleteEmulator({ port: 0, host: '0.0.0.0' })).rejects.toThrow('loopback');
    process.env['NODE_ENV'] = 'production';
    await expect(startAuthleteEmulator({ port: 0 })).rejects.toThrow('NODE_ENV=production');
  });
});
