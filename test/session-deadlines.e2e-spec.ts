import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { tokenOddities } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { isLoggedIn, loggedIn, rawSessionId, script, type Scene, startScene, turnClock } from './support/scene.js';
import { STORAGE, type Storage } from '../src/bff/index.js';

const IDLE = 600;
const ABSOLUTE = 3600;
let scene: Scene;
const url = () => scene.parlour.url;
const storage = () => scene.parlour.server.app.get<Storage>(STORAGE);

beforeAll(async () => {
  scene = await startScene({ SESSION_IDLE_TIMEOUT: String(IDLE), SESSION_ABSOLUTE_TIMEOUT: String(ABSOLUTE) });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  scene.hostile.accessTokenLifetime = 2 * ABSOLUTE;
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

async function deadlines(browser: HttpBrowser): Promise<{ idle: number; end: number }> {
  // the contract's own shape, which test/session.e2e-spec.ts holds on to
  const { session } = (await script(browser, `${url()}/session`)).json() as {
    session: { expiresAt: string; idleExpiresAt: string };
  };
  return { idle: Date.parse(session.idleExpiresAt), end: Date.parse(session.expiresAt) };
}

/** What was really written to the storage, by the kinds of the records. */
function writesOf(...parlours: Parlour[]): () => Promise<string[]> {
  const storages = parlours.map(({ server }) => server.app.get<Storage>(STORAGE));
  const puts = storages.map(each => jest.spyOn(each, 'put'));
  const swaps = storages.map(each => jest.spyOn(each, 'compareAndSwap'));
  return async () => {
    const isWritten = await Promise.all(swaps.flatMap(({ mock }) => mock.results.map(({ value }) => value)));
    const swapped = swaps.flatMap(({ mock }) => mock.calls).filter((_, index) => isWritten[index]);
    return [...puts.flatMap(({ mock }) => mock.calls), ...swapped].map(([key]) => key.split(':').at(-1) ?? '');
  };
}

const act = (browser: HttpBrowser) => script(browser, `${url()}/api/orders`);

describe('the deadlines', () => {
  it('B21: a session that nobody uses is over after the idle timeout, for the API, too', async () => {
    turnClock(0);
    const browser = await scene.login();
    turnClock(IDLE - 1);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    turnClock(1);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
    expect((await act(browser)).json()).toMatchObject({ status: 401, code: 'not_authenticated', loginUrl: '/login' });
  });

  it('B21: a session in use lives on, and is over at the absolute timeout all the same', async () => {
    turnClock(0);
    const browser = await scene.login();
    for (let passed = 0; passed < ABSOLUTE - 300; passed += 300) {
      turnClock(300);
      expect((await act(browser)).status).toBe(200);
    }
    turnClock(299);
    expect((await act(browser)).status).toBe(200);
    turnClock(1);
    expect((await act(browser)).status).toBe(401);
  });

  it('B21: /session says both, the idle one never later than the absolute one', async () => {
    turnClock(0);
    const browser = await scene.login();
    expect(await deadlines(browser)).toEqual({ idle: Date.now() + IDLE * 1000, end: Date.now() + ABSOLUTE * 1000 });
    const { end } = await deadlines(browser);
    for (let passed = 0; passed < ABSOLUTE - 300; passed += 300) {
      turnClock(300);
      await act(browser);
    }
    expect(await deadlines(browser)).toEqual({ idle: end, end });
  });

  it.each(['/session', '/session/', '/SESSION', '/session?x=1'])(
    'B21: %s doesn’t slide the idle deadline',
    async path => {
      const browser = await scene.login();
      const { idle } = await deadlines(browser);
      turnClock(300);
      expect((await script(browser, url() + path)).json()).toMatchObject({ authenticated: true });
      expect((await deadlines(browser)).idle).toBe(idle);
    },
  );

  it('B21: a request with X-Session-Passive: 1 doesn’t slide the idle deadline', async () => {
    const browser = await scene.login();
    const { idle } = await deadlines(browser);
    turnClock(300);
    const answer = await script(browser, `${url()}/api/orders`, { headers: { 'X-Session-Passive': '1' } });
    expect(answer.status).toBe(200);
    expect((await deadlines(browser)).idle).toBe(idle);
  });

  it('B21: requests that do slide it write at most once a minute, also many at once at two instances', async () => {
    const other = await scene.another();
    turnClock(0);
    const browser = await scene.login();
    const written = writesOf(scene.parlour, other);
    for (let second = 0; second < 120; second += 10) {
      turnClock(10);
      const requests = [scene.parlour, other].flatMap(({ url: at }) =>
        Array.from({ length: 5 }, () => `${at}/api/orders`),
      );
      await Promise.all(requests.map(request => script(browser, request)));
    }
    expect(await written()).toEqual(['seen', 'seen']);
    expect((await deadlines(browser)).idle).toBe(Date.now() + IDLE * 1000);
  });

  it('R10: a request that slides it while the session ends leaves nothing of it', async () => {
    const browser = await scene.login();
    const released = Promise.withResolvers<void>();
    const real = storage().compareAndSwap.bind(storage());
    turnClock(300);
    const slides = jest.spyOn(storage(), 'compareAndSwap').mockImplementationOnce(async (...given) => {
      await released.promise;
      return real(...given);
    });
    const late = act(browser.clone());
    await until('it’s about to slide', () => slides.mock.calls.length > 0);
    await script(browser, `${url()}/logout`, { method: 'POST' });
    released.resolve();
    await late;
    expect(await storage().get(slides.mock.calls[0]?.[0] ?? '')).toBeUndefined();
  });

  it('B18: a session lives no longer than its refresh token, where the server says how long that is', async () => {
    scene.hostile.lies = { token: tokenOddities['a lifetime of the refresh token'] };
    turnClock(0);
    const browser = await scene.login();
    expect((await deadlines(browser)).end).toBe(Date.now() + 1800 * 1000);
    for (let passed = 0; passed < 1800; passed += 450) {
      expect((await act(browser)).status).toBe(200);
      turnClock(450);
    }
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });
});

describe('a login', () => {
  it('B21: brings a new session id every time, and the one before is over', async () => {
    const browser = await scene.login();
    const before = browser.clone();
    await loggedIn(url(), browser);
    expect(rawSessionId(browser, url())).not.toBe(rawSessionId(before, url()));
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    expect(await isLoggedIn(before, scene.parlour)).toBe(false);
  });

  it('B21: ends the session it replaces also when that one’s Strict cookie didn’t come along', async () => {
    const browser = await scene.login();
    const before = browser.clone();
    scene.hostile.lies = { authorization: { form: true } };
    await browser.navigate(`${url()}/login`);
    await browser.submitForm({ password: 'x' });
    const callback = browser.hops.findLast(hop => hop.url.includes('/callback?'));
    expect(callback?.requestHeaders['cookie']).not.toContain('session');
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    expect(await isLoggedIn(before, scene.parlour)).toBe(false);
    expect(scene.events('session_ended').at(-1)).toMatchObject({ reason: 'replaced' });
  });

  it('B21: takes no session id that somebody planted', async () => {
    const planted = new HttpBrowser();
    const theirs = await scene.login('mallory');
    await script(theirs, `${url()}/logout`, { method: 'POST' });
    for (const { name, value } of (await scene.login('mallory')).cookies(url())) {
      planted.setCookie(url(), `${name}=${value}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    }
    const before = rawSessionId(planted, url());
    scene.hostile.user = 'alice';
    await loggedIn(url(), planted);
    expect(rawSessionId(planted, url())).not.toBe(before);
    expect((await script(planted, `${url()}/session`)).json()).toMatchObject({ user: { sub: 'alice' } });
  });
});
