import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { tokenLies, tokenOddities } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';
import { until } from './support/parlour.js';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene({ OUTBOUND_TIMEOUT: '1' });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  scene.api.requests = [];
});
afterEach(() => {
  jest.useRealTimers();
});

const call = (browser: HttpBrowser, init = {}) => script(browser, `${scene.parlour.url}/api/orders`, init);
const refreshes = () => scene.hostile.to('token', 'refresh_token');
const sent = () => scene.api.requests.map(({ authorization }) => authorization.replace('Bearer ', ''));
const newest = () => scene.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value;
/** A failed refresh answers for a second. */
const failureForgotten = (browser: HttpBrowser) =>
  until('a failed refresh is forgotten', async () => {
    turnClock(1);
    const before = refreshes().length;
    await call(browser);
    return refreshes().length > before;
  });

describe('an access token', () => {
  it('is sent as it is while it’s good for more than 30 seconds', async () => {
    turnClock(0);
    const browser = await scene.login();
    turnClock(269);
    expect((await call(browser)).status).toBe(200);
    expect(refreshes()).toEqual([]);
  });

  it('is refreshed 30 seconds ahead of its expiry, and the new one is sent', async () => {
    const browser = await scene.login();
    const old = newest();
    turnClock(271);
    expect((await call(browser)).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
    expect(newest()).not.toBe(old);
    expect(sent()).toEqual([newest()]);
  });

  it('that lives shorter is refreshed in the last fifth of its life', async () => {
    scene.hostile.accessTokenLifetime = 50;
    turnClock(0);
    const browser = await scene.login();
    turnClock(39);
    await call(browser);
    expect(refreshes()).toHaveLength(0);
    turnClock(2);
    await call(browser);
    expect(refreshes()).toHaveLength(1);
  });

  it('A7: without an expires_in is sent until an API refuses it', async () => {
    scene.hostile.lies = { token: tokenOddities['no expires_in'] };
    const browser = await scene.login();
    turnClock(3000);
    expect((await call(browser)).status).toBe(200);
    expect(refreshes()).toHaveLength(0);
  });

  it('A7: that lives for longer than any number tells is sent until an API refuses it', async () => {
    scene.hostile.lies = { token: { members: { expires_in: 1e308 } } };
    const browser = await scene.login();
    turnClock(3000);
    expect((await call(browser)).status).toBe(200);
    expect(refreshes()).toHaveLength(0);
  });

  it('R1: is refreshed once for a hundred parallel calls, and all of them get the new one', async () => {
    const browser = await scene.login();
    turnClock(400);
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(browser)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes()).toHaveLength(1);
    expect(new Set(sent())).toEqual(new Set([newest()]));
  });

  it('R3: is refreshed again and again, each time with the refresh token that came last, whatever else is written meanwhile', async () => {
    const browser = await scene.login();
    for (let round = 0; round < 5; round++) {
      turnClock(280);
      const others = ['/session', '/api/a', '/api/b', '/orders', '/api/c'];
      await Promise.all(others.map(path => script(browser, scene.parlour.url + path)));
    }
    expect(refreshes()).toHaveLength(5);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    expect(scene.parlour.events('refresh_failed')).toEqual([]);
  });

  it('R3: is refreshed to the end when the browser goes away meanwhile', async () => {
    const browser = await scene.login();
    turnClock(280);
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { refresh: { after: released.promise, times: 1 } };
    const before = scene.parlour.events('refresh_completed').length;
    const gone = new AbortController();
    const aborted = call(browser, { signal: gone.signal });
    await scene.hostile.arrived('token', 1, 'refresh_token');
    gone.abort();
    await expect(aborted).rejects.toThrow();
    released.resolve();
    await until('the refresh is stored', () => scene.parlour.events('refresh_completed').length > before);
    expect((await call(browser)).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
  });
});

describe('without a refresh token', () => {
  it('an expired access token is 401 token_expired with loginUrl, and the session stays', async () => {
    scene.hostile.lies = { token: tokenOddities['no refresh token'] };
    turnClock(0);
    const browser = await scene.login();
    turnClock(299);
    expect((await call(browser)).status).toBe(200);
    turnClock(1);
    const answer = await call(browser);
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: 'token_expired', loginUrl: '/login' });
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    const view = (await script(browser, `${scene.parlour.url}/session`)).json();
    expect(view).toMatchObject({ authenticated: true, session: { refreshable: false } });
  });
});

const passing = ['429', '500', '503', 'a closed connection', 'a body that breaks off', 'no answer'] as const;

describe('an authorization server in trouble', () => {
  it.each(passing)('R5: (%s) keeps the session and the old access token, then 503, and recovers', async trouble => {
    const browser = await scene.login();
    const old = newest();
    turnClock(280);
    scene.hostile.lies = { refresh: tokenLies[trouble] };
    expect((await call(browser)).status).toBe(200);
    expect(sent()).toEqual([old]);
    turnClock(30);
    const answer = await call(browser);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'authorization_server_unavailable' });
    expect(Number(answer.headers['retry-after'])).toBe(trouble === '429' ? 7 : 5);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    // a lie that answers has taken the refresh token, as a server would that fails after it rotated
    scene.hostile.lies = { refresh: { status: 503, body: {}, times: 0 } };
    if (trouble === 'no answer') scene.hostile.lies = {};
  });

  it('R5: that is down altogether keeps the session, and is asked again when it’s back', async () => {
    const browser = await scene.login();
    turnClock(400);
    await scene.hostile.down();
    const answer = await call(browser);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    await scene.hostile.up();
    await failureForgotten(browser);
    expect((await call(browser)).status).toBe(200);
    expect(sent()).toContain(newest());
  });

  it('R5: is asked once by fifty parallel calls, and once again at the earliest a second later', async () => {
    const browser = await scene.login();
    turnClock(400);
    scene.hostile.lies = { refresh: tokenLies['503'] };
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(browser)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await call(browser);
    // on a busy machine the calls themselves take longer than a second
    const seconds = Math.ceil((performance.now() - started) / 1000);
    expect(refreshes().length).toBeLessThanOrEqual(seconds);
  });
});
