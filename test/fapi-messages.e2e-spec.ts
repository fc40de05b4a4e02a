import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import type { FapiOptions } from './support/fapi-authorization-server.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import type { Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_SECRET } from './support/parlour.js';
import { isLoggedIn, script, turnClock } from './support/scene.js';

const open: FapiPair[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const pair of open.splice(0)) await pair.close();
});

/** Parlour and oidc-provider over TLS, agreeing on this; keys by their algorithms are the client's. */
async function agreeing(
  environment: Record<string, string>,
  client: Partial<ClientMetadata> = {},
  algs: string[] = [],
  more: Omit<FapiOptions, 'client'> = {},
): Promise<FapiPair> {
  const keys = await Promise.all(algs.map(alg => privateJwk(alg)));
  const files = keys.length === 0 ? {} : { CLIENT_JWKS_FILE: jwksFile(...keys) };
  // oidc-provider's type wants the members of each key type
  const jwks = keys.length === 0 ? {} : { jwks: { keys: keys.map(publicHalf) as never } };
  const pair = await startFapiPair(
    { ...files, ...environment },
    { client: { client_secret: CLIENT_SECRET, ...jwks, ...client }, ...more },
  );
  open.push(pair);
  return pair;
}

/** Logs in, and submits the form of the response, where it comes as one. */
async function logIn(pair: FapiPair, browser: HttpBrowser, parameters: Record<string, string> = {}): Promise<Hop> {
  const page = await pair.logIn(browser, { return_to: '/orders', ...parameters });
  return page.url.startsWith(pair.server.issuer) ? browser.submitForm() : page;
}

async function expectLogin(pair: FapiPair, browser = pair.browser()): Promise<HttpBrowser> {
  expect((await logIn(pair, browser)).url).toBe(`${pair.parlour.url}/orders`);
  expect(await isLoggedIn(browser, pair.parlour)).toBe(true);
  return browser;
}

describe('the authorization response, from oidc-provider', () => {
  it.each<[string, Partial<ClientMetadata>]>([
    ['form_post', {}],
    ['query.jwt', { authorization_signed_response_alg: 'RS256' }],
    ['query.jwt', { authorization_signed_response_alg: 'ES256' }],
    ['form_post.jwt', { authorization_signed_response_alg: 'PS256' }],
    ['form_post.jwt', { authorization_signed_response_alg: 'Ed25519' }],
  ])('A3: by %s with %j is taken', async (RESPONSE_MODE, client) => {
    const AUTHORIZATION_SIGNED_RESPONSE_ALG = client.authorization_signed_response_alg ?? '';
    const pair = await agreeing({ RESPONSE_MODE, AUTHORIZATION_SIGNED_RESPONSE_ALG }, client);
    const browser = await expectLogin(pair);
    const seen = browser.hops.filter(({ url }) => url.startsWith(`${pair.parlour.url}/callback`));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.method).toBe(RESPONSE_MODE.startsWith('form_post') ? 'POST' : 'GET');
    for (const code of pair.server.issued.codes) expect(seen[0]?.url).not.toContain(code);
  });

  it('A3: signed with another algorithm than is registered here is refused', async () => {
    const client = { authorization_signed_response_alg: 'PS256' } as const;
    const pair = await agreeing({ RESPONSE_MODE: 'query.jwt' }, client);
    expect((await logIn(pair, pair.browser())).status).toBe(400);
    expect(pair.server.to('token')).toEqual([]);
  });

  it.each(['query.jwt', 'form_post', 'form_post.jwt'])(
    'A2: of an error by %s goes back to the app with its code',
    async RESPONSE_MODE => {
      const pair = await agreeing({ RESPONSE_MODE });
      const hop = await logIn(pair, pair.browser(), { prompt: 'none' });
      expect(hop.url).toBe(`${pair.parlour.url}/orders?login_error=login_required`);
    },
  );

  it('P8: to a pushed request that is spent, unsigned and in the query, is pushed anew by form_post, and a page for JARM', async () => {
    for (const [RESPONSE_MODE, pushes] of [
      ['form_post', 2],
      ['query.jwt', 1],
    ] as const) {
      const pair = await agreeing({ RESPONSE_MODE });
      const browser = pair.browser();
      const toServer = (url: string) => url.startsWith(pair.server.issuer);
      const login = await browser.navigate(`${pair.parlour.url}/login?return_to=/orders`, { until: toServer });
      // the server's memory of it goes, as when its time is over
      await pair.server.provider.PushedAuthorizationRequest.adapter.destroy(
        new URL(login.location ?? '').searchParams.get('request_uri')?.split(':').at(-1) ?? '',
      );
      await browser.resume();
      expect(pair.server.to('par')).toHaveLength(pushes);
      if (pushes === 1) expect(browser.page?.status).toBe(400);
      else expect(browser.url?.startsWith(pair.server.issuer)).toBe(true);
    }
  });
});

describe('the ID token, from oidc-provider', () => {
  it.each(['RS256', 'PS256', 'ES256', 'Ed25519'] as const)('A4: signed with %s, as registered, is taken', async alg => {
    const pair = await agreeing({ ID_TOKEN_SIGNED_RESPONSE_ALG: alg }, { id_token_signed_response_alg: alg });
    await expectLogin(pair);
    expect(decodeProtectedHeader(pair.server.issued.idTokens[0] ?? '').alg).toBe(alg);
  });

  it('A4: signed with EdDSA, the older name of Ed25519, is taken where that is registered', async () => {
    const configure = (configuration: Configuration): Configuration => ({
      ...configuration,
      enabledJWA: { ...configuration.enabledJWA, idTokenSigningAlgValues: ['RS256', 'EdDSA'] },
      jwks: {
        keys: (configuration.jwks?.keys ?? []).map(key =>
          key.kty === 'OKP' ? Object.assign({}, key, { alg: 'EdDSA' }) : key,
        ),
      },
    });
    const client = { id_token_signed_response_alg: 'EdDSA' } as const;
    const pair = await agreeing({ ID_TOKEN_SIGNED_RESPONSE_ALG: 'EdDSA' }, client, [], { configure });
    await expectLogin(pair);
    expect(decodeProtectedHeader(pair.server.issued.idTokens[0] ?? '').alg).toBe('EdDSA');
  });

  it.each(['RSA-OAEP-256', 'ECDH-ES'] as const)('A4: encrypted with %s is taken', async alg => {
    const pair = await agreeing(
      { ID_TOKEN_ENCRYPTED_RESPONSE_ALG: alg, ID_TOKEN_ENCRYPTED_RESPONSE_ENC: 'A256GCM' },
      { id_token_encrypted_response_alg: alg, id_token_encrypted_response_enc: 'A256GCM' },
      ['ES256', alg],
    );
    await expectLogin(pair);
    expect(pair.server.issued.idTokens[0]?.split('.')).toHaveLength(5);
  });

  it('A9: answers max_age with its auth_time', async () => {
    const pair = await agreeing({});
    const browser = await expectLogin(pair);
    const { url } = await logIn(pair, browser, { max_age: '300', prompt: 'none' });
    expect(url).toBe(`${pair.parlour.url}/orders`);
    expect(decodeJwt(pair.server.issued.idTokens.at(-1) ?? '')['auth_time']).toEqual(expect.any(Number));
  });

  it('A9: answers an auth_time that is essential', async () => {
    await expectLogin(await agreeing({ CLAIMS: JSON.stringify({ id_token: { auth_time: { essential: true } } }) }));
  });
});

describe('the request, at oidc-provider', () => {
  it.each(['ES256', 'PS256', 'Ed25519'] as const)(
    'P10: signed with %s is understood, as all that it takes',
    async alg => {
      const client = { require_signed_request_object: true, request_object_signing_alg: alg };
      const pair = await agreeing({ REQUEST_OBJECT: 'true' }, client, [alg]);
      await expectLogin(pair);
      const [push] = pair.server.to('par');
      expect([...(push?.params.keys() ?? [])].toSorted()).toEqual(['client_id', 'request']);
    },
  );

  it('P10: that isn’t signed is refused where the registration says it must be', async () => {
    const client = { require_signed_request_object: true, request_object_signing_alg: 'ES256' } as const;
    const pair = await agreeing({}, client, ['ES256']);
    const hop = await pair.browser().navigate(`${pair.parlour.url}/login`);
    expect([hop.status, pair.server.to('par')[0]?.error]).toEqual([502, 'invalid_request']);
  });

  it('F9, P10, A3: with everything signed both ways logs in, refreshes and calls on', async () => {
    const pair = await agreeing(
      {
        REQUEST_OBJECT: 'true',
        RESPONSE_MODE: 'form_post.jwt',
        AUTHORIZATION_SIGNED_RESPONSE_ALG: 'PS256',
        ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256',
        CLIENT_AUTH_METHOD: 'private_key_jwt',
        CLIENT_SECRET: '',
        DPOP: 'true',
        RESOURCE: 'https://api.example.org',
        SCOPE: 'openid profile offline_access orders:read',
      },
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        require_signed_request_object: true,
        request_object_signing_alg: 'ES256',
        authorization_signed_response_alg: 'PS256',
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: true,
      },
      ['ES256'],
    );
    const browser = await expectLogin(pair);
    const first = decodeJwt(pair.server.issued.accessTokens[0] ?? '');
    expect(first).toMatchObject({ aud: 'https://api.example.org', scope: 'orders:read' });
    expect(first['cnf']).toHaveProperty('jkt');
    turnClock(290);
    await script(browser, `${pair.parlour.url}/api/x`);
    expect(await isLoggedIn(browser, pair.parlour)).toBe(true);
  });

  it('P3: names the resource that the token is for, at the code and at the refresh', async () => {
    const environment = { RESOURCE: 'https://api.example.org', SCOPE: 'openid offline_access orders:read' };
    const pair = await agreeing({ ...environment, API_ROUTES: '/api=http://127.0.0.1:9' });
    const browser = await expectLogin(pair);
    turnClock(290);
    await script(browser, `${pair.parlour.url}/api/x`);
    const audiences = pair.server.issued.accessTokens.map(token => decodeJwt(token).aud);
    expect(audiences).toEqual(['https://api.example.org', 'https://api.example.org']);
  });

  it('P3: carries authorization details, of types that the server knows', async () => {
    const details = [{ type: 'payment', actions: ['initiate'] }];
    const client = { authorization_details_types: ['payment'] };
    const server = { configure: withDetails };
    const RESOURCE = 'https://api.example.org';
    const asked = { RESOURCE, AUTHORIZATION_DETAILS: JSON.stringify(details) };
    const pair = await agreeing(asked, client, [], server);
    await expectLogin(pair);
    expect(decodeJwt(pair.server.issued.accessTokens[0] ?? '')['authorization_details']).toEqual(details);
    const environment = { RESOURCE, AUTHORIZATION_DETAILS: JSON.stringify([{ type: 'unknown' }]) };
    const other = await agreeing(environment, client, [], server);
    expect((await other.browser().navigate(`${other.parlour.url}/login`)).status).toBe(502);
    expect(other.server.to('par')[0]?.error).toBe('invalid_authorization_details');
  });
});

/** oidc-provider with one type of authorization details (RFC 9396), all of which are granted. */
function withDetails(configuration: Configuration): Configuration {
  const { loadExistingGrant } = configuration;
  return {
    ...configuration,
    loadExistingGrant: async ctx => {
      const grant = await loadExistingGrant?.(ctx);
      for (const detail of detailsOf(ctx.oidc.params)) grant?.addRar(detail);
      await grant?.save();
      return grant;
    },
    features: {
      ...configuration.features,
      richAuthorizationRequests: {
        enabled: true,
        types: { payment: { validate: () => {} } },
        authorizationDetailsForGrantSource: ctx => detailsOf(ctx.oidc.params),
        authorizationDetailsForAccessToken: (_ctx, _token, source) => source?.rar,
        authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
      },
    },
  };
}

function detailsOf(params: Record<string, unknown> | undefined): { type: string }[] {
  const details = params?.['authorization_details'];
  return typeof details === 'string' ? JSON.parse(details) : [];
}
