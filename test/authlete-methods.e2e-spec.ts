import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as client from 'openid-client';
import { CLIENT_NAMES, type ClientName, ODD_SECRET, SECRET } from './support/authlete-clients.js';
import { agree, exchange, push, refusal } from './support/authlete-code-flow.js';
import { type Stage, startStage } from './support/authlete-stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.emulator.calls.length = 0;
});

/** What the API was called with for this client, in order. */
const callsOf = (...apis: string[]) =>
  stage.emulator.calls.filter(({ api }) => apis.includes(api)).map(({ body }) => body);

const APIS_OF_CLIENTS = ['pushed_auth_req', 'auth/token', 'auth/revocation'];

describe.each(CLIENT_NAMES)('openid-client as a client of %s', name => {
  it('E1, E2: pushes, logs in, exchanges the code, refreshes, reads userinfo and revokes', async () => {
    const config = await stage.connect(stage.clients.all[name]);
    const pushed = await push(config);
    expect([...pushed.url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const callback = await agree(stage.browser(), pushed);
    expect(callback.searchParams.get('iss')).toBe(stage.issuer);

    const tokens = await exchange(config, callback, pushed);
    expect(tokens.claims()).toMatchObject({ iss: stage.issuer, sub: 'alice' });
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.access_token).not.toBe(tokens.access_token);
    const user = await client.fetchUserInfo(config, refreshed.access_token, 'alice');
    expect(user).toMatchObject({ sub: 'alice', name: 'Alice Abbott' });

    await client.tokenRevocation(config, refreshed.access_token);
    await expect(client.fetchUserInfo(config, refreshed.access_token, 'alice')).rejects.toMatchObject({ status: 401 });
    expect(callsOf(...APIS_OF_CLIENTS)).toHaveLength(4);
  });
});

describe('what reaches Authlete', () => {
  const bodies = async (name: ClientName) => {
    const config = await stage.connect(stage.clients.all[name]);
    const pushed = await push(config);
    await exchange(config, await agree(stage.browser(), pushed), pushed);
    return callsOf('pushed_auth_req', 'auth/token');
  };

  it.each([
    ['client_secret_basic', SECRET],
    ['client_secret_basic, a secret full of signs', ODD_SECRET],
  ] as const)(
    'E2: %s is percent-decoded, and stands beside the parameters at both endpoints',
    async (name, clientSecret) => {
      const { clientId } = stage.clients.all[name].registered;
      for (const body of await bodies(name)) {
        expect(body).toMatchObject({ clientId, clientSecret });
        expect(body['parameters']).not.toContain('client_secret');
      }
    },
  );

  it.each(['none', 'client_secret_post', 'private_key_jwt, ES256', 'private_key_jwt, PS256'] as const)(
    'E2: %s has all that it shows in the parameters at both endpoints',
    async name => {
      const { clientId } = stage.clients.all[name].registered;
      for (const body of await bodies(name)) {
        expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['clientId']));
        expect(body).not.toHaveProperty('clientSecret');
        expect(body).not.toHaveProperty('clientCertificate');
        expect(new URLSearchParams(String(body['parameters'])).get('client_id')).toBe(clientId);
      }
    },
  );

  it('E3: self_signed_tls_client_auth has its certificate and no path at both endpoints', async () => {
    const { identity } = stage.clients.all.self_signed_tls_client_auth;
    for (const body of await bodies('self_signed_tls_client_auth')) {
      expect(oneLine(body['clientCertificate'])).toBe(oneLine(identity.certificate?.cert));
      expect(body['clientCertificatePath'] ?? []).toEqual([]);
    }
  });

  it('E3: tls_client_auth has its certificate and, without it, the path to the root at both endpoints', async () => {
    const { all, intermediate } = stage.clients;
    for (const body of await bodies('tls_client_auth')) {
      expect(oneLine(body['clientCertificate'])).toBe(oneLine(all.tls_client_auth.identity.certificate?.cert));
      expect([body['clientCertificatePath']].flat().map(oneLine)).toEqual([oneLine(intermediate.cert)]);
    }
  });
});

describe('tls_client_auth by an alternative name of the certificate', () => {
  const subject = 'CN=whoever';
  it.each([
    ['tlsClientAuthSanDns', 'dns', 'client.example', 'else.example'],
    ['tlsClientAuthSanUri', 'url', 'https://client.example/id', 'https://client.example/else'],
    ['tlsClientAuthSanIp', 'ip', '192.0.2.7', '192.0.2.8'],
    ['tlsClientAuthSanEmail', 'email', 'client@example.org', 'else@example.org'],
  ] as const)('E3: %s takes the registered name and no other', async (property, type, name, other) => {
    const { all, intermediate } = stage.clients;
    const { tlsClientAuthSubjectDn: _other, ...registered } = all.tls_client_auth.registered;
    const who = { ...all.tls_client_auth, registered: { ...registered, clientId: `san-${type}`, [property]: name } };
    stage.emulator.set({ client: who.registered });
    const connect = async (value: string) => {
      const certificate = await intermediate.issue({ subject, altNames: [{ type, value }] });
      return stage.connect(who, { authentication: client.TlsClientAuth(), certificate });
    };
    expect((await push(await connect(name))).url.searchParams.has('request_uri')).toBe(true);
    expect(await refusal(push(await connect(other)))).toMatchObject({ status: 401, error: 'invalid_client' });
  });
});

/** PEM however it is broken into lines. */
const oneLine = (pem: unknown) => String(pem).replaceAll(/\s/g, '');
