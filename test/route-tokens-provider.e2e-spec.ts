import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose';
import { type BoundScene, startBoundScene } from './support/bound-scene.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_SECRET } from './support/parlour.js';
import { script, turnClock } from './support/scene.js';

/** The API is this one, and takes no token for another. */
const API = 'urn:parlour:strict-api';
const STOCK = 'urn:parlour:stock';

let scene: BoundScene;

beforeAll(async () => {
  const routes = [
    { path: '/api/client', token: 'client', scope: 'orders:write', resource: API },
    { path: '/api/read', scope: 'orders:read' },
    { path: '/api/stock', resource: STOCK },
    { path: '/api/unknown', resource: 'urn:parlour:unknown' },
  ];
  scene = await startBoundScene({
    bound: 'dpop',
    client: {
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: CLIENT_SECRET,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      dpop_bound_access_tokens: true,
    },
    defaultResource: API,
    environment: { DPOP: 'true', RESOURCE: `${API} ${STOCK}`, SCOPE: 'openid offline_access orders:read orders:write' },
    more: routes,
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

/** What the API has accepted: the token's claims, and the thumbprint of the key that they are bound to and that has proven them. */
async function accepted() {
  const newest = scene.api.calls.at(-1);
  const { jwk } = decodeProtectedHeader(String(newest?.headers['dpop']));
  const key = jwk && (await calculateJwkThumbprint(jwk));
  expect([newest?.refused, newest?.confirmation]).toEqual([undefined, { jkt: key }]);
  return { claims: decodeJwt(String(newest?.headers.authorization).replace('DPoP ', '')), key };
}

const call = (browser: HttpBrowser, path: string) => script(browser, `${scene.parlour.url}/api/${path}`);

describe('with oidc-provider, bound to keys, and with nonces', () => {
  it('F2 F6: the client’s token is bound to a key of the process, and renewed with it', async () => {
    const stranger = new HttpBrowser({ ca: scene.server.ca });
    expect((await call(stranger, 'client')).status).toBe(200);
    const first = await accepted();
    expect(first.claims).toMatchObject({ sub: 'parlour-test', scope: 'orders:write' });
    turnClock(310);
    expect((await call(stranger, 'client')).status).toBe(200);
    const second = await accepted();
    expect(second.claims.jti).not.toBe(first.claims.jti);
    expect(second.key).toBe(first.key);
  });

  it('F2 R3: a token with less scope is bound to the session’s key, and the session’s own goes on', async () => {
    const browser = await scene.login();
    expect((await call(browser, 'orders')).status).toBe(200);
    const own = await accepted();
    expect(own.claims['scope']).toBe('orders:read orders:write');
    expect((await call(browser, 'read')).status).toBe(200);
    const less = await accepted();
    expect(less.claims).toMatchObject({ sub: own.claims.sub, scope: 'orders:read' });
    expect(less.key).toBe(own.key);
    turnClock(280);
    for (const path of ['orders', 'read']) expect((await call(browser, path)).status).toBe(200);
    expect(scene.server.to('token', 'refresh_token').filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('B17: a token for a second resource that was granted is for that API alone', async () => {
    const browser = await scene.login();
    expect((await call(browser, 'orders')).status).toBe(200);
    expect((await accepted()).claims.aud).toBe(API);
    expect((await call(browser, 'stock')).status).toBe(401);
    const newest = scene.api.calls.at(-1);
    expect(newest?.refused).toContain('aud');
    expect(decodeJwt(String(newest?.headers.authorization).replace('DPoP ', '')).aud).toBe(STOCK);
    expect((await call(browser, 'orders')).status).toBe(200);
  });

  it('R5: a resource that wasn’t granted is refused there, which ends nothing here', async () => {
    const browser = await scene.login();
    expect((await call(browser, 'unknown')).json()).toMatchObject({ code: 'authorization_server_refused_request' });
    expect(scene.server.to('token', 'refresh_token').at(-1)?.error).toBe('invalid_target');
    expect((await call(browser, 'orders')).status).toBe(200);
  });
});
