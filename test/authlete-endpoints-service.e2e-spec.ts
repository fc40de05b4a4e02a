import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { type Fault, type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import {
  advertised,
  apiOf,
  ask,
  type AuthleteApplication,
  NO_STORE,
  type OnEmulator,
  startAuthleteApplication,
  startOnEmulator,
} from './support/authlete-application.js';
import { freePort } from './support/free-port.js';

const DOCUMENTS = [ENDPOINTS.openidConfiguration, ENDPOINTS.oauthAuthorizationServer];

describe('a document', () => {
  let as: OnEmulator;
  beforeAll(async () => {
    as = await startOnEmulator();
  });
  afterAll(() => as.close());
  afterEach(() => as.emulator.clearFaults());

  it('E1, E4: both discovery documents are Authlete’s, untouched', async () => {
    const { body: metadata } = await ask(as.url + ENDPOINTS.openidConfiguration);
    const body = `{ "x":"\\u00e9" , ${metadata.slice(1)}\n`;
    as.emulator.fault('service/configuration', { body });
    for (const path of DOCUMENTS) {
      const headers = { ...NO_STORE, 'content-type': 'application/json' };
      expect(await ask(as.url + path)).toMatchObject({ status: 200, headers, body });
      expect(await ask(as.url + path, { method: 'HEAD' })).toMatchObject({ status: 200, headers, body: '' });
    }
  });

  it('E1, E4: the key set is Authlete’s, untouched', async () => {
    const body = '{ "keys" : [ ] }';
    as.emulator.fault('service/jwks/get', { body });
    const headers = { ...NO_STORE, 'content-type': 'application/json' };
    expect(await ask(as.url + ENDPOINTS.jwks)).toMatchObject({ status: 200, headers, body });
  });

  it('E13: metadata that have changed since are not shown', async () => {
    for (const path of DOCUMENTS) {
      as.emulator.fault('service/configuration', { body: '{"issuer":"https://evil.example"}' });
      as.events.length = 0;
      const said = await ask(as.url + path);
      expect([said.status, said.headers, said.json()]).toMatchObject([500, NO_STORE, { error: 'server_error' }]);
      expect(said.body).not.toContain('evil');
      expect(as.events).toContainEqual(expect.objectContaining({ event: 'service_mismatch', level: 'error' }));
      as.emulator.clearFaults();
      expect(await ask(as.url + path)).toMatchObject({ status: 200 });
    }
  });

  it('E1: no private key is relayed', async () => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
      as.emulator.fault('service/jwks/get', {
        body: {
          keys: [
            { kty: 'EC', x: 'a' },
            { kty: 'RSA', [member]: 'c2Vj' },
          ],
        },
      });
      as.events.length = 0;
      const said = await ask(as.url + ENDPOINTS.jwks);
      expect([member, said.status, said.json()]).toMatchObject([member, 500, { error: 'server_error' }]);
      expect(said.body).not.toContain('c2Vj');
      expect(as.events).toContainEqual(expect.objectContaining({ event: 'authlete_failed', kind: 'malformed' }));
    }
  });

  it('E1: a service without keys is 204', async () => {
    as.emulator.fault('service/jwks/get', { status: 204, body: '' });
    expect(await ask(as.url + ENDPOINTS.jwks)).toMatchObject({ status: 204, headers: NO_STORE, body: '' });
  });

  it('E1: a service whose keys are elsewhere is 302, for the client to follow', async () => {
    as.emulator.set({ service: { jwks: '', jwksUri: 'https://keys.example/jwks?x=y' } });
    const said = await ask(as.url + ENDPOINTS.jwks);
    expect(said).toMatchObject({
      status: 302,
      headers: { ...NO_STORE, location: 'https://keys.example/jwks?x=y' },
      body: '',
    });
  });

  it('E1: keys at an address that is none, or no keys in the answer, are server_error', async () => {
    for (const jwksUri of ['javascript:alert(1)', '/jwks', 'https://']) {
      as.emulator.set({ service: { jwks: '', jwksUri } });
      expect(await ask(as.url + ENDPOINTS.jwks)).toMatchObject({ status: 500 });
    }
    as.emulator.fault('service/jwks/get', { body: '{"keys":"none"}' });
    expect(await ask(as.url + ENDPOINTS.jwks)).toMatchObject({ status: 500 });
  });
});

describe('the service’s configuration', () => {
  let emulator: RunningEmulator;
  let port: number;
  let issuer: string;
  let running: AuthleteApplication | undefined;

  beforeAll(async () => {
    port = await freePort();
    issuer = `http://127.0.0.1:${port}`;
    emulator = await startAuthleteEmulator({ port: 0, service: advertised(issuer) });
  });
  afterAll(() => emulator.close());
  afterEach(async () => {
    await running?.close();
    running = undefined;
    emulator.clearFaults();
    emulator.set({ service: advertised(issuer) });
  });

  const record = () => undefined;
  const start = async (baseUrl = emulator.url) =>
    (running = await startAuthleteApplication({ port, api: { ...apiOf(emulator, 'v3'), baseUrl } }));
  const refusal = async (): Promise<string> => {
    const api = apiOf(emulator, 'v3');
    const failed = await startAuthleteApplication({ port, api, options: { record } }).then(
      application => application.close().then(() => 'started'),
      (error: unknown) => String(error),
    );
    return failed;
  };

  it('E13: fits what is served, so the server starts', async () => {
    const { events } = await start();
    expect(events.filter(({ event }) => event.startsWith('service_'))).toEqual([]);
  });

  it('E13: differs in every member: the start is refused, and all differences are listed', async () => {
    emulator.set({ service: advertised('https://else.example') });
    const message = await refusal();
    const members = [
      ['issuer', ''],
      ['authorization_endpoint', ENDPOINTS.authorization],
      ['token_endpoint', ENDPOINTS.token],
      ['pushed_authorization_request_endpoint', ENDPOINTS.pushedAuthorizationRequest],
      ['revocation_endpoint', ENDPOINTS.revocation],
      ['userinfo_endpoint', ENDPOINTS.userinfo],
      ['jwks_uri', ENDPOINTS.jwks],
    ];
    for (const [name, path] of members) {
      expect(message).toContain(`- ${name} is "https://else.example${path}", and has to be ${issuer}${path}`);
    }
    expect(message.match(/^- /gm)).toHaveLength(members.length);
  });

  it('E13: leaves members out: that is a difference, but for revocation and userinfo', async () => {
    const nothing = Object.fromEntries(Object.keys(advertised(issuer)).map(name => [name, null]));
    emulator.set({ service: { ...nothing } });
    const missing = [...(await refusal()).matchAll(/^- (\w+) is missing/gm)].map(([, name]) => name);
    const required = [
      'issuer',
      'authorization_endpoint',
      'token_endpoint',
      'pushed_authorization_request_endpoint',
      'jwks_uri',
    ];
    expect(new Set(missing)).toEqual(new Set(required));
    emulator.set({ service: { ...advertised(issuer), revocationEndpoint: null, userInfoEndpoint: null } });
    await start();
  });

  it('E13: can’t be had, as Authlete refuses us or talks nonsense: the start is refused', async () => {
    const nonsense: Fault[] = ['unauthorized', 'forbidden', 'garbage', { body: '[]' }, { status: 404, body: '' }];
    for (const fault of nonsense) {
      emulator.fault('service/configuration', fault);
      expect(await refusal()).toMatch(/Authlete, service\/configuration: /);
    }
  });

  it.each(['disconnect', 'too_many_requests', 'internal_server_error'] as const)(
    'E13: is out of reach (%s): the server starts, says so, and looks when the document is first asked for',
    async fault => {
      emulator.fault('service/configuration', fault);
      const { events } = await start();
      expect(events).toMatchObject([{ event: 'service_unchecked', level: 'warn', reason: expect.any(String) }]);
      emulator.clearFaults();
      emulator.set({ service: { tokenEndpoint: 'https://else.example/token' } });
      const differences = [`token_endpoint is "https://else.example/token", and has to be ${issuer}/as/token`];
      for (const path of DOCUMENTS) expect(await ask(issuer + path)).toMatchObject({ status: 500, headers: NO_STORE });
      expect(events.filter(({ event }) => event === 'service_mismatch')).toMatchObject([
        { level: 'error', differences },
        { level: 'error', differences },
      ]);
      emulator.set({ service: advertised(issuer) });
      expect(await ask(issuer + ENDPOINTS.openidConfiguration)).toMatchObject({ status: 200 });
    },
  );

  it('E13: is out of reach since nobody listens there: the server starts', async () => {
    const { events } = await start(`http://127.0.0.1:${await freePort()}`);
    expect(events).toMatchObject([{ event: 'service_unchecked', kind: 'unreachable' }]);
  });
});
