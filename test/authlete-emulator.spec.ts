import { describe, expect, it } from '@jest/globals';
import { contentOf } from './support/authlete-api.js';
import { authorizationRequest, authorize, push } from './support/authlete-flow.js';
import { CLIENT, emulatorScene, refusal } from './support/authlete-scene.js';

const { emulator, call, advance } = await emulatorScene();

describe('pushed_auth_req', () => {
  it('emulator: pushedAuthReqDuration is expires_in, and after it the request_uri is no longer known', async () => {
    emulator.set({ service: { pushedAuthReqDuration: 90 } });
    const answer = await push(call, CLIENT);
    expect(contentOf(answer)).toMatchObject({ expires_in: 90 });
    const requestUri = String(answer.body['requestUri']);
    advance(89);
    expect((await authorize(call, CLIENT, requestUri)).body['action']).toBe('INTERACTION');
    advance(1);
    const late = await authorize(call, CLIENT, requestUri);
    expect(refusal(late)).toEqual(['EMU-REQUEST-URI', 'BAD_REQUEST', 'invalid_request_uri']);
  });

  it.each([
    ['EMU-NOT-EMULATED', 'invalid_request', { request: 'e30.e30.' }],
    ['EMU-NOT-EMULATED', 'invalid_request', { authorization_details: '[]' }],
    ['EMU-PUSHED-REQUEST-URI', 'invalid_request', { request_uri: 'urn:x' }],
    ['A011304', 'invalid_request', { redirect_uri: 'https://elsewhere.example/' }],
    ['EMU-NO-RESPONSE-TYPE', 'invalid_request', { response_type: undefined }],
    ['EMU-RESPONSE-TYPE', 'unsupported_response_type', { response_type: 'token' }],
    ['EMU-PKCE-CHALLENGE', 'invalid_request', { code_challenge: 'short' }],
    ['EMU-PKCE-METHOD', 'invalid_request', { code_challenge_method: 'S512' }],
    ['EMU-NO-NONCE', 'invalid_request', { response_type: 'code id_token', nonce: undefined }],
    ['EMU-NO-OPENID', 'invalid_request', { response_type: 'code id_token', scope: 'profile' }],
    ['EMU-PROMPT', 'invalid_request', { prompt: 'none login' }],
    ['EMU-MAX-AGE', 'invalid_request', { max_age: '1h' }],
    ['EMU-CLAIMS', 'invalid_request', { claims: '{"id_token":[]}' }],
  ])('emulator: %s refuses what the client did wrong, as %s', async (resultCode, error, changes) => {
    expect(refusal(await push(call, CLIENT, changes))).toEqual([resultCode, 'BAD_REQUEST', error]);
  });

  it('emulator: a parameter may stand there once, and parameters has to be there', async () => {
    const { clientId, clientSecret } = CLIENT;
    const twice = `${authorizationRequest(CLIENT)}&state=again`;
    const repeated = await call('pushed_auth_req', { clientId, clientSecret, parameters: twice });
    expect(refusal(repeated)).toEqual(['EMU-REPEATED', 'BAD_REQUEST', 'invalid_request']);
    const missing = await call('pushed_auth_req', { clientId, clientSecret });
    expect(refusal(missing)).toEqual(['EMU-NO-PARAMETERS', 'BAD_REQUEST', 'invalid_request']);
  });

  it('emulator: pkceRequired and pkceS256Required, of the service or of the client', async () => {
    const unprotected = { code_challenge: undefined, code_challenge_method: undefined };
    emulator.set({ service: { pkceRequired: true } });
    expect(refusal(await push(call, CLIENT, unprotected))).toEqual(['A124301', 'BAD_REQUEST', 'invalid_request']);
    emulator.set({ service: { pkceRequired: false }, client: { ...CLIENT, pkceS256Required: true } });
    const plain = await push(call, CLIENT, { code_challenge_method: 'plain' });
    expect(refusal(plain)).toEqual(['EMU-PKCE-METHOD', 'BAD_REQUEST', 'invalid_request']);
    expect((await push(call, CLIENT, unprotected)).body['action']).toBe('CREATED');
  });

  it('emulator: RFC 8252 §7.3: a loopback redirect URI has any port, when the service allows it', async () => {
    emulator.set({ client: { clientId: '4711', redirectUris: ['http://127.0.0.1/app', CLIENT.redirectUri] } });
    const at = async (redirect_uri: string) => (await push(call, CLIENT, { redirect_uri })).body['action'];
    expect(await at('http://127.0.0.1:41000/app')).toBe('BAD_REQUEST');
    emulator.set({ service: { loopbackRedirectionUriVariable: true } });
    expect(await at('http://127.0.0.1:41000/app')).toBe('CREATED');
    expect(await at('http://127.0.0.1:41000/other')).toBe('BAD_REQUEST');
    expect(await at('http://192.0.2.1:41000/app')).toBe('BAD_REQUEST');
    expect(await at('https://client.example:41000/callback')).toBe('BAD_REQUEST');
  });
});
