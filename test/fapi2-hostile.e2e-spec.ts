import { afterEach, describe, expect, it } from '@jest/globals';
import { begin, isLoggedIn, logIn } from './login-flow.js';
import { jwksFile, privateJwk } from './support/client-keys.js';
import { type FapiHostile, startFapiHostile } from './support/fapi-hostile.js';
import { startHostileAuthorizationServer } from './support/hostile-authorization-server.js';

const open: FapiHostile[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(...what: Parameters<typeof startFapiHostile>): Promise<FapiHostile> {
  const started = await startFapiHostile(...what);
  open.push(started);
  return started;
}

/** Where a login ends, and whether somebody is logged in then. */
async function outcome({ parlour, browser: newBrowser }: FapiHostile) {
  const browser = newBrowser();
  const hop = await logIn(parlour, browser, { return_to: '/orders' });
  return { hop, loggedIn: await isLoggedIn(parlour, browser) };
}

describe('with a profile, at a server whose metadata don’t promise iss', () => {
  const silent = { authorization_response_iss_parameter_supported: undefined };

  it.each([
    ['a response', {}],
    ['an error response', { code: undefined, error: 'login_required' }],
  ])('A2: %s without iss is refused all the same', async (_what, parameters) => {
    const scene = await start('fapi2', silent);
    scene.hostile.lies.authorization = { parameters: { ...parameters, iss: undefined } };
    const { hop, loggedIn } = await outcome(scene);
    expect([hop.status, loggedIn, scene.hostile.count('token')]).toEqual([400, false, 0]);
    expect(scene.parlour.events('callback_refused').at(-1)?.['reason']).toBe('iss is missing');
  });

  it.each(['fapi2', 'fapi2-message-signing'] as const)('A2: one with iss is taken, by %s', async profile => {
    const scene = await start(profile, silent);
    const { hop, loggedIn } = await outcome(scene);
    expect([hop.url, loggedIn]).toEqual([`${scene.parlour.url}/orders`, true]);
  });
});

describe('with a profile, a server whose metadata list what it takes, and not what is configured', () => {
  it.each([
    ['F1', 'token_endpoint_auth_methods_supported', ['client_secret_basic', 'tls_client_auth'], 'private_key_jwt'],
    ['F3', 'id_token_signing_alg_values_supported', ['RS256', 'PS256'], 'ES256'],
    ['F9', 'response_modes_supported', ['query', 'form_post.jwt'], 'query.jwt'],
    ['F9', 'response_modes_supported', [], 'query.jwt'],
    ['F9', 'request_object_signing_alg_values_supported', ['PS256', 'none'], 'ES256'],
    ['F9', 'authorization_signing_alg_values_supported', ['RS256'], 'ES256'],
  ])('%s: is pushed nothing, and the log says which: %s %j', async (_rule, member, listed, ours) => {
    const scene = await start('fapi2-message-signing', { [member]: listed });
    const { hop, loggedIn } = await outcome(scene);
    expect([hop.status, loggedIn, scene.hostile.count('par')]).toEqual([502, false, 0]);
    expect(scene.parlour.events('discovery_failed').map(({ reason }) => reason)).toEqual([
      `the authorization server’s ${member} doesn’t list ${ours}`,
    ]);
  });

  it('F9: nor one that encrypts ID tokens in other ways alone', async () => {
    const keys = await Promise.all([privateJwk('ES256'), privateJwk('ECDH-ES')]);
    const encrypted = { CLIENT_JWKS_FILE: jwksFile(...keys), ID_TOKEN_ENCRYPTED_RESPONSE_ALG: 'ECDH-ES' };
    const scene = await start('fapi2', { id_token_encryption_alg_values_supported: ['RSA-OAEP'] }, encrypted);
    expect((await outcome(scene)).hop.status).toBe(502);
    expect(scene.parlour.events('discovery_failed')[0]?.['reason']).toContain('doesn’t list ECDH-ES');
  });

  it('F9: one that lists nothing may do all of it', async () => {
    const silent = {
      token_endpoint_auth_methods_supported: undefined,
      response_modes_supported: undefined,
      request_object_signing_alg_values_supported: undefined,
      authorization_signing_alg_values_supported: undefined,
    };
    expect((await outcome(await start('fapi2-message-signing', silent))).loggedIn).toBe(true);
  });

  it('F9: what isn’t used needn’t be listed', async () => {
    const unused = {
      request_object_signing_alg_values_supported: ['RS256'],
      authorization_signing_alg_values_supported: ['RS256'],
      id_token_encryption_alg_values_supported: ['RSA-OAEP'],
    };
    expect((await outcome(await start('fapi2', unused))).loggedIn).toBe(true);
  });
});

describe('with a profile, at a server that names an endpoint on plain http', () => {
  it.each([
    ['pushed_authorization_request_endpoint', 'par', 502],
    ['token_endpoint', 'token', 303],
    ['authorization_endpoint', 'authorization', 502],
  ] as const)('P1: %s is called by nobody, on loopback and under ALLOW_HTTP_FOR neither', async (member, at, begun) => {
    const plain = await startHostileAuthorizationServer();
    try {
      const metadata = { [member]: `${plain.issuer}/${at}` };
      const scene = await start('fapi2', metadata, { ALLOW_HTTP_FOR: '127.0.0.1' });
      expect((await begin(scene.parlour)).status).toBe(begun);
      expect((await outcome(scene)).loggedIn).toBe(false);
      expect(plain.calls).toEqual([]);
    } finally {
      await plain.close();
    }
  });
});
