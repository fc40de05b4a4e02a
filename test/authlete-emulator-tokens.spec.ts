import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { contentOf, redirectOf } from './support/authlete-api.js';
import { codeFor, exchange, interaction, issue, refresh, revoke, tokensFor } from './support/authlete-flow.js';
import { CLIENT, emulatorScene, ISSUER, NOON, OTHER, refusal } from './support/authlete-scene.js';

const { emulator, call, advance } = await emulatorScene();

const introspect = (token: unknown, scopes: string[] = []) => call('auth/introspection', { token, scopes });
/** With `jwks` an object of the emulator's own making. */
const verify = async (jwt: unknown) =>
  jwtVerify(String(jwt), createLocalJWKSet((await call('service/jwks/get')).body as unknown as JSONWebKeySet), {
    issuer: ISSUER,
    audience: CLIENT.clientId,
    algorithms: ['ES256'],
    currentDate: new Date(NOON * 1000),
  });
const hash = (value: string) => createHash('sha256').update(value).digest();

describe('auth/token', () => {
  it('emulator: the ID token says who, when, how and for which request, signed with a key of service/jwks/get', async () => {
    const { body } = await interaction(call, CLIENT, { scope: 'openid profile', nonce: 'n-1' });
    const user = { authTime: NOON - 60, acr: 'silver', claims: JSON.stringify({ name: 'Alice' }) };
    const code = redirectOf(await issue(call, body['ticket'], user)).get('code') ?? '';
    const { id_token } = contentOf(await exchange(call, CLIENT, code));
    expect((await verify(id_token)).payload).toEqual({
      iss: ISSUER,
      sub: 'alice',
      aud: CLIENT.clientId,
      iat: NOON,
      exp: NOON + 3600,
      nonce: 'n-1',
      auth_time: NOON - 60,
      acr: 'silver',
      name: 'Alice',
    });
    const keys = (await call('service/jwks/get')).body['keys'];
    expect(keys).toEqual([expect.not.objectContaining({ d: expect.anything() })]);
  });

  it('emulator: the one of code id_token belongs to its code (OpenID Connect Core §3.3.2.11)', async () => {
    const { body } = await interaction(call, CLIENT, { response_type: 'code id_token' });
    const redirect = redirectOf(await issue(call, body['ticket']));
    const half = hash(redirect.get('code') ?? '').subarray(0, 16);
    expect((await verify(redirect.get('id_token'))).payload['c_hash']).toBe(half.toString('base64url'));
  });

  it('emulator: scopes at issue replace those of the request, and can’t add openid', async () => {
    const { body } = await interaction(call, CLIENT, { scope: 'profile' });
    const issued = await issue(call, body['ticket'], { scopes: ['openid', 'email'] });
    const tokens = contentOf(await exchange(call, CLIENT, redirectOf(issued).get('code') ?? ''));
    expect(tokens['scope']).toBe('email');
    expect(tokens).not.toHaveProperty('id_token');
  });

  it('emulator: a code is one client’s, lives for authorizationCodeDuration, and survives an attempt that was refused', async () => {
    const code = await codeFor(call, CLIENT);
    expect(refusal(await exchange(call, OTHER, code))[0]).toBe('EMU-FOREIGN-CODE');
    expect(refusal(await exchange(call, CLIENT, code, { code_verifier: undefined }))[0]).toBe('A050312');
    expect((await exchange(call, CLIENT, code)).body['action']).toBe('OK');
    const late = await codeFor(call, CLIENT);
    advance(600);
    expect(refusal(await exchange(call, CLIENT, late))).toEqual(['A050305', 'BAD_REQUEST', 'invalid_grant']);
  });

  it('emulator: a refresh token is used once, is one client’s, and lives for refreshTokenDuration', async () => {
    const first = await tokensFor(call, CLIENT);
    expect(refusal(await refresh(call, OTHER, first['refresh_token']))[0]).toBe('EMU-REFRESH-TOKEN');
    const second = contentOf(await refresh(call, CLIENT, first['refresh_token']));
    expect(second['refresh_token']).not.toBe(first['refresh_token']);
    expect((await introspect(second['access_token'])).body).toMatchObject({ action: 'OK', refreshable: true });
    const again = await refresh(call, CLIENT, first['refresh_token']);
    expect(refusal(again)).toEqual(['EMU-REFRESH-TOKEN', 'BAD_REQUEST', 'invalid_grant']);
    advance(86_400);
    expect(refusal(await refresh(call, CLIENT, second['refresh_token']))[0]).toBe('EMU-REFRESH-TOKEN');
  });

  it('emulator: other grants, and grants that a client may not use, are refused', async () => {
    const parameters = 'grant_type=client_credentials';
    const { clientId, clientSecret } = CLIENT;
    const other = await call('auth/token', { clientId, clientSecret, parameters });
    expect(refusal(other)).toEqual(['EMU-GRANT-TYPE', 'BAD_REQUEST', 'unsupported_grant_type']);
    emulator.set({ client: { ...CLIENT, grantTypes: ['AUTHORIZATION_CODE'] } });
    const tokens = await tokensFor(call, CLIENT);
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(refusal(await refresh(call, CLIENT, 'x'))[2]).toBe('unauthorized_client');
  });
});

describe('an access token', () => {
  it('emulator: lives for accessTokenDuration, and covers its scopes', async () => {
    const { access_token } = await tokensFor(call, CLIENT);
    expect((await introspect(access_token, ['openid'])).body['action']).toBe('OK');
    const other = await introspect(access_token, ['openid', 'orders:read']);
    expect(other.body).toMatchObject({
      action: 'FORBIDDEN',
      responseContent: expect.stringContaining('insufficient_scope'),
    });
    expect((await introspect('')).body['action']).toBe('BAD_REQUEST');
    advance(3600);
    expect((await introspect(access_token)).body['action']).toBe('UNAUTHORIZED');
  });

  it('emulator: userinfo needs openid, names the claims, and can be signed', async () => {
    const { access_token } = await tokensFor(call, CLIENT, { scope: 'openid email' });
    const { body } = await call('auth/userinfo', { token: access_token });
    expect(body).toMatchObject({ action: 'OK', subject: 'alice', claims: ['email', 'email_verified'] });
    emulator.set({ client: { ...CLIENT, userInfoSignAlg: 'ES256' } });
    const signed = await call('auth/userinfo/issue', { token: access_token, claims: '{"email":"a@example.org"}' });
    expect(signed.body['action']).toBe('JWT');
    const { payload } = await verify(signed.body['responseContent']);
    expect(payload).toMatchObject({ sub: 'alice', email: 'a@example.org' });
    const { access_token: plain } = await tokensFor(call, CLIENT, { scope: 'email' });
    for (const api of ['auth/userinfo', 'auth/userinfo/issue']) {
      expect((await call(api, { token: plain })).body['action']).toBe('FORBIDDEN');
      expect((await call(api, { token: 'x' })).body['action']).toBe('UNAUTHORIZED');
    }
  });

  it('emulator: is revoked with everything of its grant, by its own client', async () => {
    const tokens = await tokensFor(call, CLIENT);
    expect(refusal(await revoke(call, OTHER, tokens['refresh_token']))[0]).toBe('EMU-FOREIGN-TOKEN');
    expect((await revoke(call, CLIENT, tokens['refresh_token'])).body['action']).toBe('OK');
    expect((await introspect(tokens['access_token'])).body['action']).toBe('UNAUTHORIZED');
    expect((await revoke(call, CLIENT, 'never-was')).body['action']).toBe('OK');
    const wrong = await revoke(call, { ...CLIENT, clientSecret: 'wrong' }, 'never-was');
    expect(refusal(wrong)).toEqual(['EMU-SECRET', 'INVALID_CLIENT', 'invalid_client']);
  });
});
