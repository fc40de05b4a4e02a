import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose';
import { type BoundScene, startBoundScene } from './support/bound-scene.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import type { FapiRequest } from './support/fapi-authorization-server.js';
import { startFapiPair } from './support/fapi-pair.js';
import { CLIENT_SECRET } from './support/parlour.js';
import { isLoggedIn, script, turnClock } from './support/scene.js';
import { refusal } from './support/web-socket.js';

let scene: BoundScene;

beforeAll(async () => {
  const key = await privateJwk('ES256');
  scene = await startBoundScene({
    bound: 'dpop',
    client: {
      token_endpoint_auth_method: 'private_key_jwt',
      // oidc-provider's type wants the members of each key type
      jwks: { keys: [publicHalf(key)] as never },
      dpop_bound_access_tokens: true,
    },
    environment: {
      DPOP: 'true',
      CLIENT_SECRET: '',
      CLIENT_AUTH_METHOD: 'private_key_jwt',
      CLIENT_JWKS_FILE: jwksFile(key),
    },
    more: [{ path: '/api/socket', webSocket: true }],
    requireNonce: () => true,
  });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.server.requests.length = 0;
  scene.api.beHonest();
});
afterEach(() => {
  jest.useRealTimers();
});

const proofOf = ({ headers }: Pick<FapiRequest, 'headers'>) => String(headers['dpop']);
const outcomes = (...endpoint: Parameters<BoundScene['server']['to']>) =>
  scene.server.to(...endpoint).map(({ status, error }) => error ?? status);

describe('with an authorization server that wants nonces, and an API that does', () => {
  it('F6: a login, an API call, a refresh and a logout work, all of it bound to one key', async () => {
    scene.api.renewNonce();
    const browser = await scene.login();
    expect((await script(browser, `${scene.parlour.url}/api/orders?from=1`)).json()).toEqual({ ok: true });
    turnClock(280);
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    expect(outcomes('token', 'refresh_token').at(-1)).toBe(200);
    const passed = scene.api.calls.filter(({ refused }) => refused === undefined);
    expect(passed.map(({ url }) => url)).toEqual(['/v1/orders?from=1', '/v1/orders']);
    expect(new Set(passed.map(({ headers }) => headers.authorization)).size).toBe(2);
    const [push] = scene.server.to('par');
    expect(passed.map(({ confirmation }) => confirmation)).toEqual([
      { jkt: push?.params.get('dpop_jkt') },
      { jkt: push?.params.get('dpop_jkt') },
    ]);
    jest.useRealTimers();
    expect((await script(browser, `${scene.parlour.url}/logout`, { method: 'POST' })).status).toBe(200);
    // oidc-provider revokes no JWT
    expect(outcomes('revocation')).toEqual([200, 'unsupported_token_type']);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });

  it('F6: the first call to an API may be one with a body', async () => {
    const browser = await scene.login();
    scene.api.renewNonce();
    const answer = await script(browser, `${scene.parlour.url}/api/orders`, { method: 'POST', json: { tea: 1 } });
    expect(answer.status).toBe(200);
    expect(scene.api.calls.map(({ refused }) => refused)).toEqual(['another nonce', undefined]);
  });

  it('F6: a WebSocket’s handshake has the proof of a GET at the address that Parlour asks', async () => {
    const browser = await scene.login();
    const nonce = scene.api.renewNonce();
    // it takes no upgrade, so that a call is what it sees
    const { status } = await refusal({ url: `${scene.parlour.url}/api/socket/x?y=1`, browser });
    expect(status).toBe(200);
    expect(scene.api.calls.map(({ refused }) => refused)).toEqual(['another nonce', undefined]);
    expect(scene.api.calls[1]).toMatchObject({
      url: '/v1/x?y=1',
      proof: { htm: 'GET', htu: `${scene.api.origin}/v1/x`, nonce },
    });
  });

  it('F6, P5: a nonce that the server has renewed costs one more push, with a new proof and a new assertion', async () => {
    await scene.login();
    scene.server.requests.length = 0;
    // oidc-provider's nonces live for minutes
    turnClock(1000);
    await scene.login();
    expect(outcomes('par')).toEqual(['use_dpop_nonce', 201]);
    const [refused, pushed] = scene.server.to('par');
    if (!refused || !pushed) throw new Error('two pushes');
    expect(decodeJwt(proofOf(pushed)).jti).not.toBe(decodeJwt(proofOf(refused)).jti);
    expect(decodeJwt(proofOf(pushed))['nonce']).not.toBe(decodeJwt(proofOf(refused))['nonce']);
    const assertion = ({ params }: FapiRequest) => decodeJwt(params.get('client_assertion') ?? '').jti;
    expect(assertion(pushed)).not.toBe(assertion(refused));
    expect(outcomes('token')).toEqual([200]);
  });

  it('F6: a nonce that is known is used by every login, so none pays for it again', async () => {
    await scene.login();
    scene.server.requests.length = 0;
    await Promise.all([scene.login(), scene.login(), scene.login()]);
    expect(outcomes('par')).toEqual([201, 201, 201]);
    expect(outcomes('token')).toEqual([200, 200, 200]);
  });

  it('F6: a nonce that has to be renewed at the token endpoint costs one more call there', async () => {
    const browser = await scene.login();
    scene.server.requests.length = 0;
    turnClock(1000);
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    expect(outcomes('token', 'refresh_token')).toEqual(['use_dpop_nonce', 200]);
  });
});

describe('userinfo', () => {
  it('F6: is asked with a proof, too', async () => {
    const pair = await startFapiPair(
      { DPOP: 'true', USERINFO: 'true', SESSION_CLAIMS: 'sub name' },
      {
        client: { client_secret: CLIENT_SECRET, dpop_bound_access_tokens: true },
        configure: ({ features = {}, ...rest }) => ({
          ...rest,
          features: { ...features, dPoP: { ...features.dPoP, requireNonce: () => true } },
        }),
      },
    );
    try {
      const browser = pair.browser();
      await pair.logIn(browser);
      expect(await isLoggedIn(browser, pair.parlour)).toBe(true);
      expect(
        pair.server.to('userinfo').map(({ headers, status }) => [headers.authorization?.split(' ')[0], status]),
      ).toEqual([['DPoP', 200]]);
    } finally {
      await pair.close();
    }
  });
});

describe('a session’s key', () => {
  it('P11: is new for each login, and its thumbprint is pushed', async () => {
    await scene.login();
    await scene.login();
    const [one, other] = scene.server.to('par').filter(({ status }) => status === 201);
    for (const push of [one, other]) {
      const { jwk = {} } = push ? decodeProtectedHeader(proofOf(push)) : {};
      expect(push?.params.get('dpop_jkt')).toBe(await calculateJwkThumbprint(jwk));
      expect(Object.keys(jwk).toSorted()).toEqual(['crv', 'kty', 'x', 'y']);
    }
    expect(one?.params.get('dpop_jkt')).not.toBe(other?.params.get('dpop_jkt'));
  });

  it('R3: is known to every instance that has the session’s records', async () => {
    const other = await scene.another();
    const browser = await scene.login();
    const session = browser.cookies(scene.parlour.url).map(({ name, value }) => `${name}=${value}`);
    // cookies know no ports, so the other instance gets the same
    const answer = await script(browser, `${other.url}/api/orders`);
    expect([session.length > 0, answer.status]).toEqual([true, 200]);
    turnClock(280);
    expect((await script(browser, `${other.url}/api/orders`)).status).toBe(200);
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    expect(outcomes('token', 'refresh_token').filter(outcome => outcome === 200)).toHaveLength(1);
    expect(new Set(scene.api.calls.map(({ confirmation }) => JSON.stringify(confirmation))).size).toBe(1);
  });
});

describe('a proof for the API', () => {
  it('F6: is made for one call alone: its method, its address without the query, its token', async () => {
    const browser = await scene.login();
    const url = `${scene.parlour.url}/api/orders/1`;
    await script(browser, `${url}?a=%2F&b`);
    await script(browser, url, { method: 'PUT', body: '{}' });
    await script(browser, url, { method: 'DELETE' });
    await script(browser, `${scene.parlour.url}/api`);
    expect(scene.api.calls.map(({ refused }) => refused)).toEqual([undefined, undefined, undefined, undefined]);
    const upstream = `${scene.api.origin}/v1`;
    expect(scene.api.calls.map(({ proof }) => [proof?.['htm'], proof?.['htu']])).toEqual([
      ['GET', `${upstream}/orders/1`],
      ['PUT', `${upstream}/orders/1`],
      ['DELETE', `${upstream}/orders/1`],
      ['GET', upstream],
    ]);
    expect(new Set(scene.api.calls.map(({ proof }) => proof?.jti)).size).toBe(4);
  });

  it('B17: is never the browser’s own, nor is its Authorization', async () => {
    const browser = await scene.login();
    const headers = { DPoP: 'of.the.browser', Authorization: 'DPoP mine' };
    expect((await script(browser, `${scene.parlour.url}/api/orders`, { headers })).status).toBe(200);
    const [call] = scene.api.calls;
    expect(JSON.stringify(call?.headers)).not.toMatch(/of\.the\.browser|mine/);
  });

  it('B16, B17: comes back to the browser in no field, nor does a nonce or a challenge', async () => {
    const browser = await scene.login();
    const nonce = scene.api.renewNonce();
    scene.api.reply = ({ headers }, response) => {
      response.setHeader('X-Echo', String(headers['dpop']));
      response.setHeader('X-Echo-Quoted', `proof="${String(headers['dpop'])}"`);
      response.setHeader('WWW-Authenticate', 'DPoP error="insufficient_scope"');
      response.setHeader('Location', `${scene.api.origin}/v1/x?proof=${String(headers['dpop'])}`);
      response.writeHead(201).end();
    };
    const answer = await script(browser, `${scene.parlour.url}/api/orders`);
    expect(answer.status).toBe(201);
    const proofs = scene.api.calls.map(({ headers }) => String(headers['dpop']));
    const seen = JSON.stringify(answer.headers);
    for (const secret of [nonce, ...proofs]) expect(seen).not.toContain(secret);
    for (const name of ['dpop', 'dpop-nonce', 'www-authenticate', 'x-echo', 'location']) {
      expect(answer.headers[name]).toBeUndefined();
    }
  });
});

describe('an API that wants a nonce', () => {
  it('F6: gets the same call once more with it, and every later call with it at once', async () => {
    const browser = await scene.login();
    const nonce = scene.api.renewNonce();
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    expect(scene.api.calls.map(({ refused }) => refused)).toEqual(['another nonce', undefined]);
    expect(scene.api.calls.at(-1)?.proof?.['nonce']).toBe(nonce);
    scene.api.calls = [];
    const other = await scene.login();
    for (const who of [browser, other]) await script(who, `${scene.parlour.url}/api/orders`);
    expect(scene.api.calls.map(({ proof, refused }) => [proof?.['nonce'], refused])).toEqual([
      [nonce, undefined],
      [nonce, undefined],
    ]);
  });
});
