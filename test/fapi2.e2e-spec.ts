import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type BoundScene, startBoundScene } from './support/bound-scene.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { script } from './support/scene.js';

async function start(profile: string, environment: Record<string, string> = {}, client: Record<string, unknown> = {}) {
  const key = await privateJwk('ES256');
  return startBoundScene({
    bound: 'dpop',
    client: {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      // oidc-provider's type wants the members of each key type
      jwks: { keys: [publicHalf(key)] as never },
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      ...client,
    },
    environment: {
      PROFILE: profile,
      CLIENT_SECRET: '',
      CLIENT_AUTH_METHOD: 'private_key_jwt',
      CLIENT_JWKS_FILE: jwksFile(key),
      ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256',
      DPOP: 'true',
      ...environment,
    },
    requireNonce: () => true,
  });
}

describe('FAPI 2.0 Security Profile, against a server that keeps it', () => {
  let scene: BoundScene;
  beforeAll(async () => {
    scene = await start('fapi2');
  });
  afterAll(() => scene.close());

  it('F1, F2, F4, F6, F8: a login and an API call keep the profile', async () => {
    const browser = await scene.login();
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    const push = scene.server.to('par').at(-1);
    const assertion = push?.params.get('client_assertion') ?? '';
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'ES256' });
    expect(decodeJwt(assertion)).toMatchObject({ aud: scene.server.issuer });
    expect(push?.params.get('nonce')?.length).toBeLessThanOrEqual(64);
    expect(push?.params.get('code_challenge_method')).toBe('S256');
    expect(push?.params.get('response_type')).toBe('code');
    expect(push?.headers['dpop']).toBeDefined();
    const [call] = scene.api.calls.filter(({ refused }) => refused === undefined);
    expect(call?.headers.authorization).toMatch(/^DPoP /);
    expect(call?.url).toBe('/v1/orders');
  });
});

describe('FAPI 2.0 Message Signing, against a server that keeps it', () => {
  let scene: BoundScene;
  beforeAll(async () => {
    scene = await start(
      'fapi2-message-signing',
      { REQUEST_OBJECT: 'true', RESPONSE_MODE: 'query.jwt', AUTHORIZATION_SIGNED_RESPONSE_ALG: 'ES256' },
      {
        request_object_signing_alg: 'ES256',
        require_signed_request_object: true,
        authorization_signed_response_alg: 'ES256',
      },
    );
  });
  afterAll(() => scene.close());

  it('F9: the request is signed for the issuer, from now for an hour at most, and so is the response', async () => {
    const browser = await scene.login();
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    const request = decodeJwt(scene.server.to('par').at(-1)?.params.get('request') ?? '');
    expect(request).toMatchObject({ aud: scene.server.issuer, nbf: expect.any(Number), exp: expect.any(Number) });
    expect((request.exp ?? 0) - (request.nbf ?? 0)).toBeLessThanOrEqual(3600);
    const callback = browser.hops.find(({ url }) => url.startsWith(`${scene.parlour.url}/callback`));
    expect([...new URL(callback?.url ?? '').searchParams.keys()]).toEqual(['response']);
  });
});
