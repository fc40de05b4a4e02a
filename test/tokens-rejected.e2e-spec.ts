import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { idTokenLies, refreshedIdTokenLies, tokenLies } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';
import { until } from './support/parlour.js';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  scene.api.requests = [];
  scene.api.reply = undefined;
});
afterEach(() => {
  jest.useRealTimers();
});

const call = (browser: HttpBrowser, init = {}) => script(browser, `${scene.parlour.url}/api/orders`, init);
const logout = (browser: HttpBrowser) => script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
const refreshes = () => scene.hostile.to('token', 'refresh_token');
const newest = (kind: 'access_token' | 'refresh_token') =>
  scene.hostile.issued.findLast(issued => issued.kind === kind)?.value ?? 'none';

describe('a call that is made again', () => {
  it('B16: tells the browser neither token, though its answer repeats the one that was refused', async () => {
    const browser = await scene.login();
    turnClock(60);
    const refused = newest('access_token');
    scene.api.reply = ({ headers }, response) => {
      if (headers.authorization === `Bearer ${refused}`) response.writeHead(401).end();
      else response.writeHead(200, { 'X-Old': refused, 'X-New': newest('access_token'), 'X-Fine': 'x' }).end('{}');
    };
    const { status, headers } = await call(browser);
    expect([status, headers['x-fine'], headers['x-old'], headers['x-new']]).toEqual([200, 'x', undefined, undefined]);
  });
});

describe('a refresh token that is dead', () => {
  it('B18: (invalid_grant) ends the session: 401 session_ended with loginUrl, then not_authenticated', async () => {
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refresh: tokenLies['400 invalid_grant'] };
    const answer = await call(browser);
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: 'session_ended', loginUrl: '/login' });
    expect(answer.body).not.toContain('secret reason');
    expect((await call(browser)).json()).toMatchObject({ code: 'not_authenticated' });
    expect(scene.parlour.events('session_ended').at(-1)).toMatchObject({ reason: 'refresh_token_rejected' });
    expect(scene.api.requests).toEqual([]);
  });

  it('B18: ends the session also when a refresh was forced by an API’s 401', async () => {
    const browser = await scene.login();
    turnClock(60);
    scene.hostile.lies = { refresh: tokenLies['400 invalid_grant'] };
    scene.api.reply = (_request, response) => response.writeHead(401).end();
    expect((await call(browser)).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });

  it.each(['401 invalid_client', '400 that is no JSON', 'no access token'] as const)(
    'B18: is something else than %s, which ends nothing',
    async trouble => {
      const browser = await scene.login();
      turnClock(280);
      scene.hostile.lies = { refresh: tokenLies[trouble] };
      expect((await call(browser)).status).toBe(200);
      expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    },
  );
});

describe('a refreshed ID token', () => {
  it.each(Object.entries(refreshedIdTokenLies))(
    'A6: is refused when %s; the session ends, its tokens are revoked',
    async (_what, lie) => {
      const browser = await scene.login();
      const first = [newest('refresh_token'), newest('access_token')];
      turnClock(280);
      scene.hostile.lies = { refreshedIdToken: lie };
      const answer = await call(browser);
      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'session_ended' });
      expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
      expect(scene.api.requests).toEqual([]);
      const revoked = scene.hostile.to('revocation').map(({ params }) => params.get('token'));
      expect(revoked).toEqual([newest('refresh_token'), newest('access_token'), ...first]);
    },
  );

  it.each([
    'a wrong signature',
    'an unknown kid',
    'alg none',
    'exp is over',
    'iat is missing',
    'no JWT at all',
  ] as const)(
    'A4 R3: that can’t be verified (%s) makes its answer useless; the session goes on with the refresh token that came with it',
    async what => {
      const browser = await scene.login();
      const sent = [newest('access_token')];
      turnClock(280);
      scene.hostile.lies = { refreshedIdToken: idTokenLies[what] };
      expect((await call(browser)).status).toBe(200);
      scene.hostile.lies = {};
      // a failed refresh answers for a second
      turnClock(2);
      expect((await call(browser)).status).toBe(200);
      sent.push(newest('access_token'));
      expect(scene.api.requests.map(({ authorization }) => authorization)).toEqual(
        sent.map(token => `Bearer ${token}`),
      );
      expect(refreshes()).toHaveLength(2);
    },
  );

  it('A6: that is missing is fine: the first one stays', async () => {
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refresh: { members: { id_token: undefined } } };
    expect((await call(browser)).status).toBe(200);
    await logout(browser);
  });
});

describe('a logout during a refresh', () => {
  it('R4: isn’t undone, and what the refresh brought is revoked', async () => {
    const browser = await scene.login();
    const copy = browser.clone();
    turnClock(280);
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { refresh: { after: released.promise } };
    const waiting = call(copy);
    await scene.hostile.arrived('token', 1, 'refresh_token');
    expect((await logout(browser)).status).toBe(200);
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
    released.resolve();
    expect((await waiting).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
    expect(scene.hostile.grants.isLive(newest('access_token'))).toBe(false);
    expect(scene.hostile.grants.isLive(newest('refresh_token'))).toBe(false);
    expect(scene.parlour.events('refresh_orphaned')).toHaveLength(1);
    expect(scene.api.requests).toEqual([]);
  });

  it('R4: at whatever moment it comes, no token stays alive', async () => {
    for (let round = 0; round < 20; round++) {
      const browser = await scene.login();
      turnClock(280);
      const copies = Array.from({ length: 3 }, () => browser.clone());
      const calls = copies.map(copy => call(copy));
      // a little later each time
      for (let turn = 0; turn < round; turn++) await new Promise(resolve => setImmediate(resolve));
      await Promise.all([logout(browser), ...calls]);
      expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
      await until('all is revoked', () => !scene.hostile.grants.isLive(newest('refresh_token')));
      await until('all is revoked', () => !scene.hostile.grants.isLive(newest('access_token')));
      jest.useRealTimers();
    }
  });
});

describe('an API that always answers 401', () => {
  beforeEach(() => {
    scene.api.reply = (_request, response) => response.writeHead(401).end('{"api":"says no"}');
  });

  it('R12: makes one forced refresh in 30 seconds at most, and its 401 comes through', async () => {
    const browser = await scene.login();
    turnClock(29);
    expect((await call(browser)).status).toBe(401);
    expect(refreshes()).toHaveLength(0);
    turnClock(1);
    for (let second = 0; second < 30; second += 5) {
      const answer = await call(browser);
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('says no');
      turnClock(5);
    }
    expect(refreshes()).toHaveLength(1);
    await call(browser);
    expect(refreshes()).toHaveLength(2);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });

  it('R12: makes one for fifty parallel calls, and none when that fails', async () => {
    const browser = await scene.login();
    turnClock(60);
    await Promise.all(Array.from({ length: 50 }, () => call(browser)));
    expect(refreshes()).toHaveLength(1);
    turnClock(60);
    scene.hostile.lies = { refresh: tokenLies['503'] };
    await Promise.all(Array.from({ length: 50 }, () => call(browser)));
    await call(browser);
    expect(refreshes()).toHaveLength(2);
  });

  it('R12: that refused a revoked token is asked again with the new one, by each of the parallel calls', async () => {
    const browser = await scene.login();
    const revoked = `Bearer ${newest('access_token')}`;
    turnClock(60);
    scene.api.reply = ({ headers }, response) =>
      response.writeHead(headers.authorization === revoked ? 401 : 200).end('{}');
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(browser)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes()).toHaveLength(1);
  });
});
