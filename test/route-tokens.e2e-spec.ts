import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Frontends } from '../src/bff/frontend.js';
import { sessionKey } from '../src/bff/session/session-record.js';
import { readTokens, swapTokens } from '../src/bff/tokens/token-store.js';
import { type Hostile, startHostileAuthorizationServer, tokenLies } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour, until } from './support/parlour.js';
import {
  isLoggedIn,
  loggedIn,
  rawSessionId,
  type RecordingApi,
  script,
  startRecordingApi,
  turnClock,
} from './support/scene.js';

const ORDERS = 'https://orders.example';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

let hostile: Hostile;
let api: RecordingApi;
let parlour: Parlour;
let other: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
  const upstream = api.url;
  const apiRoutes = [
    { path: '/api/own', upstream },
    { path: '/api/orders', upstream, resource: ORDERS },
    { path: '/api/orders-too', upstream, resource: ORDERS },
    { path: '/api/stock', upstream, scope: 'stock', audience: 'urn:stock', token: 'user-or-none' },
    { path: '/api/ours', upstream, token: 'client' },
    { path: '/api/inner', upstream, tokenExchange: true, scope: 'inner', audience: 'urn:inner' },
  ];
  parlour = await startParlour(hostile.issuer, { RESOURCE: 'https://all.example' }, { apiRoutes });
  const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = parlour.environment;
  other = await startParlour(hostile.issuer, same);
});
beforeEach(() => {
  hostile.beHonest();
  api.requests = [];
  api.reply = undefined;
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(async () => {
  for (const one of [other, parlour, api, hostile]) await one.close();
});

/** Another browser, logged in, with no call remembered. */
async function login(): Promise<HttpBrowser> {
  const browser = await loggedIn(parlour.url);
  hostile.calls = [];
  return browser;
}

const call = (browser: HttpBrowser, path: string, { url } = parlour) => script(browser, `${url}/api/${path}`);
const refreshes = () => hostile.to('token', 'refresh_token');
const exchanges = () => hostile.to('token', EXCHANGE);
const requests = (path: string) => (path === 'inner' ? exchanges() : refreshes());
const sent = () => api.requests.map(({ authorization }) => authorization.replace('Bearer ', ''));
const sentFor = async (browser: HttpBrowser, path: string) => {
  expect((await call(browser, path)).status).toBe(200);
  return sent().at(-1) ?? '';
};
const asked = (one: { params: URLSearchParams } | undefined) => Object.fromEntries(one?.params ?? []);
const lieOf = (path: string) => (path === 'inner' ? 'token' : 'refresh');
const unauthorized: RecordingApi['reply'] = (_request, response) => response.writeHead(401).end();

describe('a user’s token for one API', () => {
  it('B17: comes from a refresh that names the API (RFC 8707 §2.2), and goes to no other', async () => {
    const browser = await login();
    const own = await sentFor(browser, 'own');
    const orders = await sentFor(browser, 'orders');
    expect(asked(refreshes()[0])).toMatchObject({ grant_type: 'refresh_token', resource: ORDERS });
    expect(await sentFor(browser, 'orders-too')).toBe(orders);
    const stock = await sentFor(browser, 'stock');
    expect(asked(refreshes()[1])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: expect.any(String),
      scope: 'stock',
      audience: 'urn:stock',
    });
    expect(await sentFor(browser, 'own')).toBe(own);
    expect([refreshes().length, new Set([own, orders, stock]).size]).toEqual([2, 3]);
  });

  it('B17: comes from an exchange of the user’s (RFC 8693 §2.1)', async () => {
    const browser = await login();
    const own = await sentFor(browser, 'own');
    const inner = await sentFor(browser, 'inner');
    expect(inner).not.toBe(own);
    expect(asked(exchanges()[0])).toEqual({
      grant_type: EXCHANGE,
      subject_token: own,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'inner',
      audience: 'urn:inner',
    });
    expect([await sentFor(browser, 'inner'), exchanges().length, refreshes().length]).toEqual([inner, 1, 0]);
  });

  it.each(['orders', 'inner'])('R1: /api/%s: is got by one request, however many ask at two instances', async path => {
    const browser = await login();
    const copy = browser.clone();
    const calls = Array.from({ length: 12 }, (_, index) =>
      call(index % 2 ? browser : copy, path, index % 2 ? parlour : other),
    );
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
    expect([requests(path).length, new Set(sent()).size]).toEqual([1, 1]);
  });

  it('R1 R3: several at once take turns, and the refresh token that came last is the one that’s kept', async () => {
    const browser = await login();
    const copy = browser.clone();
    turnClock(400);
    const paths = ['own', 'orders', 'stock', 'inner'];
    const calls = paths.flatMap(path => [call(browser, path), call(copy, path, other)]);
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
    expect([refreshes().length, exchanges().length]).toEqual([3, 1]);
    turnClock(400);
    for (const path of paths) expect((await call(browser, path)).status).toBe(200);
    expect(await isLoggedIn(browser, parlour)).toBe(true);
  });

  it('A7: is used on when nobody says how long it lives', async () => {
    const browser = await login();
    hostile.lies = { refresh: { members: { expires_in: undefined } } };
    const first = await sentFor(browser, 'orders');
    turnClock(1000);
    expect(await sentFor(browser, 'orders')).toBe(first);
  });

  it('R5: is renewed ahead of its end', async () => {
    const browser = await login();
    const first = await sentFor(browser, 'orders');
    turnClock(275);
    expect(await sentFor(browser, 'orders')).not.toBe(first);
    expect(refreshes()).toHaveLength(2);
  });

  it('R5: outlives a refresh of the session’s own, and so does not what was exchanged for that', async () => {
    const browser = await login();
    turnClock(260);
    const [orders, inner] = [await sentFor(browser, 'orders'), await sentFor(browser, 'inner')];
    turnClock(15);
    const own = await sentFor(browser, 'own');
    expect(await sentFor(browser, 'orders')).toBe(orders);
    expect(await sentFor(browser, 'inner')).not.toBe(inner);
    expect(asked(exchanges()[1])).toMatchObject({ subject_token: own });
  });

  it('R5: what was exchanged is no longer sent than what it was exchanged for', async () => {
    hostile.lies = { token: { members: { refresh_token: undefined }, times: 1 } };
    const browser = await login();
    hostile.accessTokenLifetime = 3000;
    expect((await call(browser, 'inner')).status).toBe(200);
    turnClock(310);
    expect((await call(browser, 'inner')).json()).toMatchObject({ code: 'token_expired' });
  });

  it('R4: what comes to a session that has ended meanwhile is revoked', async () => {
    for (const path of ['orders', 'inner']) {
      const browser = await login();
      const released = Promise.withResolvers<void>();
      hostile.lies = { [lieOf(path)]: { after: released.promise, times: 1 } };
      const answered = call(browser, path);
      await hostile.arrived('token', 1, path === 'inner' ? EXCHANGE : 'refresh_token');
      await script(browser.clone(), `${parlour.url}/logout`, { method: 'POST' });
      released.resolve();
      expect((await answered).json()).toMatchObject({ code: 'session_ended' });
      const newest = hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value ?? '';
      expect([path, hostile.grants.isLive(newest)]).toEqual([path, false]);
    }
    expect(api.requests).toEqual([]);
  });

  it('L3: is revoked at logout, with all the others', async () => {
    const browser = await login();
    const tokens = [await sentFor(browser, 'own'), await sentFor(browser, 'orders'), await sentFor(browser, 'inner')];
    expect((await script(browser, `${parlour.url}/logout`, { method: 'POST' })).status).toBe(200);
    const revoked = hostile.to('revocation').map(({ params }) => params.get('token'));
    expect(revoked).toEqual([expect.stringContaining('refresh_token'), ...tokens]);
  });

  it('B18: goes with the session when the refresh token is dead', async () => {
    const browser = await login();
    hostile.lies = { refresh: tokenLies['400 invalid_grant'] };
    expect((await call(browser, 'orders')).json()).toMatchObject({ status: 401, code: 'session_ended' });
    expect(await isLoggedIn(browser, parlour)).toBe(false);
  });

  it('A6: ends the session when it comes with another user’s ID token', async () => {
    const browser = await login();
    hostile.lies = { refreshedIdToken: { claims: { sub: 'mallory' } } };
    expect((await call(browser, 'orders')).json()).toMatchObject({ code: 'session_ended' });
    expect(api.requests).toEqual([]);
  });

  it('L3: what was exchanged is revoked when a refresh of the session’s own drops it', async () => {
    const browser = await login();
    turnClock(260);
    const [orders, inner] = [await sentFor(browser, 'orders'), await sentFor(browser, 'inner')];
    turnClock(15);
    const own = await sentFor(browser, 'own');
    await until('it is revoked', () => !hostile.grants.isLive(inner));
    expect(hostile.to('revocation').map(({ params }) => params.get('token'))).toEqual([inner]);
    expect([orders, own].map(token => hostile.grants.isLive(token))).toEqual([true, true]);
  });

  it.each([
    ['a dead refresh token', { refresh: tokenLies['400 invalid_grant'] }],
    ['another user’s ID token', { refreshedIdToken: { claims: { sub: 'mallory' } } }],
  ])('L3 B18: all access tokens are revoked when %s ends the session', async (_what, lies) => {
    const browser = await login();
    const tokens = [await sentFor(browser, 'own'), await sentFor(browser, 'orders'), await sentFor(browser, 'inner')];
    hostile.lies = lies;
    expect((await call(browser, 'stock')).json()).toMatchObject({ code: 'session_ended' });
    expect(tokens.filter(token => hostile.grants.isLive(token))).toEqual([]);
    const revoked = hostile.to('revocation').map(({ params }) => params.get('token'));
    expect(revoked).toEqual(expect.arrayContaining(tokens));
  });

  it('without a refresh token there’s none: 401 token_expired, and the session stays', async () => {
    hostile.lies = { token: { members: { refresh_token: undefined } } };
    const browser = await login();
    hostile.lies = {};
    expect((await call(browser, 'orders')).json()).toMatchObject({ code: 'token_expired', loginUrl: '/login' });
    for (const path of ['own', 'inner']) expect((await call(browser, path)).status).toBe(200);
  });

  it.each(['orders', 'inner'])(
    'R12: /api/%s: a 401 has another got and the call made again, once in half a minute',
    async path => {
      const browser = await login();
      await call(browser, path);
      api.reply = unauthorized;
      expect((await call(browser, path)).status).toBe(401);
      expect(requests(path)).toHaveLength(1);
      turnClock(31);
      const before = sent().length;
      expect((await call(browser, path)).status).toBe(401);
      expect([requests(path).length, new Set(sent().slice(before)).size]).toEqual([2, 2]);
      await call(browser, path);
      expect(requests(path)).toHaveLength(2);
    },
  );

  it('R8: is got anew where an instance of an older release has left it out of the record', async () => {
    const browser = await login();
    await call(browser, 'orders');
    const [frontend] = parlour.server.app.get(Frontends, { strict: false }).all;
    if (!frontend) throw new Error('no frontend');
    const key = sessionKey(frontend, frontend.keys.mac('storage key', rawSessionId(browser, parlour.url)));
    const owner = { frontend, key, handle: '', absoluteExpiresAt: Date.now() + 60_000 };
    const { version = '', tokens } = (await readTokens(owner)) ?? {};
    expect(tokens && (await swapTokens(owner, version, { tokens }))).toBe(true);
    expect([(await call(browser, 'orders')).status, refreshes().length]).toEqual([200, 2]);
  });
});

describe('no token for an API', () => {
  const REFUSALS = [
    [{ status: 400, body: { error: 'invalid_target', error_description: 'inner words' } }, 502, 'refused_request'],
    [{ status: 400, body: { error: 'invalid_scope' } }, 502, 'refused_request'],
    [tokenLies['401 invalid_client'], 502, 'rejected_client'],
    [tokenLies['another token type'], 502, 'misconfigured'],
    [tokenLies['no access token'], 502, 'misconfigured'],
    [tokenLies['500'], 503, 'unavailable'],
    [tokenLies['429'], 503, 'unavailable'],
    [tokenLies['a closed connection'], 503, 'unavailable'],
  ] as const;

  it.each(REFUSALS.flatMap(([lie, status, code]) => ['orders', 'inner'].map(path => ({ path, lie, status, code }))))(
    'R5 B16: /api/$path: $lie is $status, the session stays, and its own token serves',
    async ({ path, lie, status, code }) => {
      const browser = await login();
      hostile.lies = { [lieOf(path)]: lie };
      const answers = await Promise.all([call(browser, path), call(browser, path), call(browser.clone(), path, other)]);
      for (const answer of answers) {
        expect([answer.status, answer.json()['code']]).toEqual([status, `authorization_server_${code}`]);
        expect(answer.headers['retry-after']).toBe(status === 503 ? (lie === tokenLies['429'] ? '7' : '5') : undefined);
        expect(answer.body).not.toMatch(/inner words|invalid_/);
      }
      expect(requests(path)).toHaveLength(1);
      expect((await call(browser, 'own')).status).toBe(200);
      expect(api.requests).toHaveLength(1);
    },
  );

  const refusal = { status: 400, body: { error: 'invalid_target' } };
  const USELESS = ['another token type', 'an access token beyond ASCII', 'no access token'] as const;

  it.each(USELESS)('R3: the refresh token is kept that came with %s', async lie => {
    const browser = await login();
    const own = await sentFor(browser, 'own');
    hostile.lies = { refresh: tokenLies[lie] };
    expect((await call(browser, 'orders')).json()).toMatchObject({ code: 'authorization_server_misconfigured' });
    hostile.lies = {};
    expect(hostile.to('revocation').map(({ params }) => params.get('token_type_hint'))).not.toContain('refresh_token');
    await sentFor(browser, 'stock');
    expect(await sentFor(browser, 'own')).toBe(own);
    turnClock(400);
    expect(await sentFor(browser, 'own')).not.toBe(own);
  });

  it.each(USELESS)('R4: it’s revoked when the session has ended before %s came', async lie => {
    const browser = await login();
    const released = Promise.withResolvers<void>();
    hostile.lies = { refresh: { ...tokenLies[lie], after: released.promise, times: 1 } };
    const answered = call(browser, 'orders');
    await hostile.arrived('token', 1, 'refresh_token');
    await script(browser.clone(), `${parlour.url}/logout`, { method: 'POST' });
    released.resolve();
    expect((await answered).json()).toMatchObject({ code: 'session_ended' });
    const newest = hostile.issued.findLast(({ kind }) => kind === 'refresh_token')?.value;
    expect(hostile.to('revocation').map(({ params }) => params.get('token'))).toContain(newest);
  });

  it('R5: a refusal for one API holds up no other token', async () => {
    const browser = await login();
    turnClock(400);
    hostile.grants.reuseWindow = true;
    hostile.chosen = { answer: ({ params }) => (params.get('resource') === ORDERS ? refusal : undefined) };
    expect((await call(browser, 'orders')).status).toBe(502);
    for (const path of ['own', 'stock', 'inner']) expect((await call(browser, path)).status).toBe(200);
  });

  it('R5: refusals for several APIs answer for a second, each for its own', async () => {
    const browser = await login();
    hostile.grants.reuseWindow = true;
    turnClock(1);
    hostile.lies = { refresh: refusal, token: refusal };
    const round = async () => {
      for (const path of ['orders', 'stock', 'inner']) {
        for (const at of [parlour, other]) expect((await call(browser.clone(), path, at)).status).toBe(502);
      }
    };
    for (let times = 0; times < 3; times++) await round();
    expect([refreshes().length, exchanges().length]).toEqual([2, 1]);
    turnClock(2);
    await round();
    expect([refreshes().length, exchanges().length]).toEqual([4, 2]);
  });

  it.each(['own', 'orders', 'inner'])(
    'R5: a server in trouble is asked once a second, whatever for: /api/%s is the first',
    async first => {
      const browser = await login();
      hostile.grants.reuseWindow = true;
      // of the session's own an exchange needs one that lives
      turnClock(first === 'inner' ? 1 : 400);
      hostile.lies = { refresh: tokenLies['503'], token: tokenLies['503'] };
      for (const path of [first, 'orders', 'stock', 'inner', 'orders', 'stock', 'inner']) {
        for (const at of [parlour, other]) expect((await call(browser.clone(), path, at)).status).toBe(503);
      }
      expect(hostile.count('token')).toBe(1);
      turnClock(2);
      hostile.lies = {};
      for (const path of ['own', 'orders', 'stock', 'inner']) expect((await call(browser, path)).status).toBe(200);
    },
  );

  it.each([
    ['another kind of token', { issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
    ['no word of its kind', { issued_token_type: undefined }],
    ['a token that is none', { token_type: 'N_A' }],
  ])('B17: an exchange that brings %s is refused', async (_name, members) => {
    const browser = await login();
    hostile.lies = { token: { members } };
    expect((await call(browser, 'inner')).json()).toMatchObject({ code: 'authorization_server_misconfigured' });
    expect(api.requests).toEqual([]);
  });

  it('B18: an exchange that is refused with invalid_grant ends nothing', async () => {
    const browser = await login();
    hostile.lies = { token: tokenLies['400 invalid_grant'] };
    expect((await call(browser, 'inner')).json()).toMatchObject({ code: 'authorization_server_refused_request' });
    expect(await isLoggedIn(browser, parlour)).toBe(true);
    const [event] = [...parlour.events('token_request_failed'), ...other.events('token_request_failed')].slice(-1);
    expect(event).toMatchObject({ grantType: 'token_exchange', outcome: 'invalid_grant', session: expect.any(String) });
  });

  it('R5: a renewal that fails leaves the token that still lives', async () => {
    const browser = await login();
    const first = await sentFor(browser, 'orders');
    turnClock(280);
    hostile.lies = { refresh: tokenLies['503'] };
    expect(await sentFor(browser, 'orders')).toBe(first);
  });

  // the last one: Nest's one logger is then that of the instance that it starts
  it('R5: a server that doesn’t answer is 503 when its time is over, for all who wait, by one request', async () => {
    const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = parlour.environment;
    const hasty = await startParlour(hostile.issuer, { ...same, OUTBOUND_TIMEOUT: '1' });
    const browser = await login();
    hostile.lies = { token: tokenLies['no answer'], refresh: tokenLies['no answer'] };
    const calls = ['orders', 'stock', 'inner', 'ours'].flatMap(path => [
      call(browser, path, hasty),
      call(browser, path, hasty),
    ]);
    for (const answer of await Promise.all(calls)) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    }
    expect([hostile.count('token'), api.requests.length]).toEqual([2, 0]); // the client's is no session's
    hostile.lies = {};
    expect((await call(browser, 'own', hasty)).status).toBe(200);
    await hasty.close();
  });
});
