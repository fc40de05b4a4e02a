import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { contentOf, redirectOf } from './support/authlete-api.js';
import { dpopProver } from './support/authlete-dpop.js';
import { authorize, codeFor, exchange, issue, push } from './support/authlete-flow.js';
import { CLIENT, emulatorScene, ISSUER, NOON } from './support/authlete-scene.js';

const { emulator, call, advance } = await emulatorScene();
const hash = (value: string) => createHash('sha256').update(value).digest('base64url');

describe('DPoP', () => {
  const PAR = `${ISSUER}/as/par`;
  const TOKEN = `${ISSUER}/as/token`;
  const USERINFO = `${ISSUER}/as/userinfo`;

  it('emulator: binds the tokens to a key, which userinfo then wants to see', async () => {
    const [prove, stranger] = [await dpopProver(NOON), await dpopProver(NOON)];
    const dpop = await prove('POST', TOKEN);
    const tokens = contentOf(await exchange(call, CLIENT, await codeFor(call, CLIENT), {}, { dpop }));
    expect(tokens['token_type']).toBe('DPoP');
    const token = String(tokens['access_token']);
    const ath = hash(token);
    const userinfo = async (beside: object) => (await call('auth/userinfo', { token, ...beside })).body['resultCode'];
    expect(await userinfo({ dpop: await prove('GET', USERINFO, { ath }) })).toBe('EMU-USERINFO');
    expect(await userinfo({})).toBe('EMU-TOKEN-BOUND');
    expect(await userinfo({ dpop: await stranger('GET', USERINFO, { ath }) })).toBe('EMU-TOKEN-BOUND');
    expect(await userinfo({ dpop: await prove('GET', USERINFO) })).toBe('EMU-DPOP');
    const there = {
      dpop: await prove('POST', 'https://api.example/x', { ath }),
      htm: 'POST',
      htu: 'https://api.example/x',
    };
    expect((await call('auth/introspection', { token, ...there })).body['action']).toBe('OK');
  });

  it('emulator: a proof is for one endpoint and one method, is fresh, and is used once', async () => {
    const prove = await dpopProver(NOON);
    const once = await prove('POST', TOKEN);
    const outcome = async (dpop: string) => (await exchange(call, CLIENT, 'none', {}, { dpop })).body['resultCode'];
    expect(await outcome(once)).toBe('A050305');
    expect(await outcome(once)).toBe('EMU-DPOP');
    expect(await outcome(await prove('GET', TOKEN))).toBe('EMU-DPOP');
    expect(await outcome(await prove('POST', USERINFO))).toBe('EMU-DPOP');
    expect(await outcome('x')).toBe('EMU-DPOP');
    const old = await prove('POST', TOKEN);
    advance(600);
    expect(await outcome(old)).toBe('EMU-DPOP');
  });

  it('emulator: dpopNonceRequired asks for a nonce, and says it with every answer', async () => {
    const prove = await dpopProver(NOON);
    emulator.set({ service: { dpopNonceRequired: true } });
    const without = await exchange(call, CLIENT, 'none', {}, { dpop: await prove('POST', TOKEN) });
    expect(contentOf(without)['error']).toBe('use_dpop_nonce');
    const nonce = String(without.body['dpopNonce']);
    const withNonce = await exchange(call, CLIENT, 'none', {}, { dpop: await prove('POST', TOKEN, { nonce }) });
    expect(withNonce.body).toMatchObject({ resultCode: 'A050305', dpopNonce: nonce });
  });

  it('emulator: a proof at the PAR endpoint binds the code, and a public client’s refresh token is bound too', async () => {
    const client = { clientId: CLIENT.clientId, redirectUri: CLIENT.redirectUri };
    emulator.set({ client: { clientId: client.clientId, clientType: 'PUBLIC', tokenAuthMethod: 'NONE' } });
    const [prove, stranger] = [await dpopProver(NOON), await dpopProver(NOON)];
    const pushed = await push(call, client, {}, { dpop: await prove('POST', PAR) });
    const { ticket } = (await authorize(call, client, String(contentOf(pushed)['request_uri']))).body;
    const code = redirectOf(await issue(call, ticket)).get('code') ?? '';
    const attempt = async (dpop: string | undefined) => exchange(call, client, code, {}, { dpop });
    expect((await attempt(undefined)).body['resultCode']).toBe('EMU-CODE-BOUND');
    expect((await attempt(await stranger('POST', TOKEN))).body['resultCode']).toBe('EMU-CODE-BOUND');
    const { refresh_token } = contentOf(await attempt(await prove('POST', TOKEN)));
    const form = { grant_type: 'refresh_token', refresh_token: String(refresh_token), client_id: client.clientId };
    const parameters = String(new URLSearchParams(form));
    const refreshed = async (dpop: string) => (await call('auth/token', { parameters, dpop })).body['resultCode'];
    expect(await refreshed(await stranger('POST', TOKEN))).toBe('EMU-REFRESH-BOUND');
    expect(await refreshed(await prove('POST', TOKEN))).toBe('EMU-REFRESHED');
  });
});
