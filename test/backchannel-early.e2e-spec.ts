import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { sendLogoutToken } from './backchannel.js';
import { toCallback } from './login-flow.js';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { logoutToken } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, randomKey, until } from './support/parlour.js';
import { isLoggedIn, type Scene, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let other: Parlour;
let sid: string;
let sub: string;

beforeAll(async () => {
  scene = await startScene();
  other = await scene.another();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  [sid, sub] = [randomUUID(), randomUUID()];
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const now = () => Math.floor(Date.now() / 1000);

/** Goes as far as the callback, whose ID token will say this. */
async function underWay(claims: Record<string, unknown> = {}): Promise<{ browser: HttpBrowser; callback: string }> {
  scene.hostile.lies = { idToken: { claims: { sid, sub, ...claims } } };
  const browser = new HttpBrowser();
  const callback = await toCallback(scene.parlour, browser, { return_to: '/orders' });
  return { browser, callback: callback.href };
}

async function logOut(named: { sub?: string; sid?: string }, iat = now(), at = other): Promise<void> {
  const jwt = await logoutToken(scene.hostile, named, { claims: { iat, exp: iat + 120 } });
  expect((await sendLogoutToken(at, jwt)).status).toBe(200);
}

/** Where the login ends. */
async function endOf(
  { browser, callback }: Awaited<ReturnType<typeof underWay>>,
  at = scene.parlour,
): Promise<boolean> {
  const { url } = await browser.navigate(callback.replace(scene.parlour.url, at.url));
  const error = new URL(url).searchParams.get('login_error');
  expect(await isLoggedIn(browser, at)).toBe(error === null);
  expect([null, 'login_failed']).toContain(error);
  return error === null;
}

describe('a logout token that arrives before its callback', () => {
  it.each<[string, () => { sub?: string; sid?: string }]>([
    ['a sid', () => ({ sid })],
    ['a sid and its subject', () => ({ sid, sub })],
  ])('L11: with %s leaves no session, no cookie and no token that works', async (_what, named) => {
    const login = await underWay();
    await logOut(named());
    const failed = scene.events('login_failed').length;
    expect(await endOf(login)).toBe(false);
    expect(login.browser.cookies(scene.parlour.url).map(({ name }) => name)).not.toContain('__Host-Http-session');
    expect(scene.events('login_failed').slice(failed)).toMatchObject([
      { loginError: 'login_failed', reason: 'the authorization server has ended it already' },
    ]);
    for (const kind of ['refresh_token', 'access_token']) {
      const token = scene.hostile.issued.findLast(issued => issued.kind === kind)?.value ?? '';
      expect(scene.hostile.grants.isLive(token)).toBe(false);
    }
  });

  it('L11: at whichever instance, while the code is being exchanged', async () => {
    const login = await underWay();
    const released = Promise.withResolvers<void>();
    scene.hostile.lies.token = { after: released.promise };
    const end = endOf(login);
    await scene.hostile.arrived('token');
    await logOut({ sid });
    released.resolve();
    expect(await end).toBe(false);
  });

  it('L11: of another session, or of another subject, doesn’t disturb the login', async () => {
    const login = await underWay();
    await logOut({ sid: randomUUID() });
    await logOut({ sub: randomUUID() }, now() + 30);
    await logOut({ sid, sub: randomUUID() });
    await logOut({ sid: sub });
    expect(await endOf(login)).toBe(true);
  });

  it('L11: is remembered for the longest that a code lives, and not much longer', async () => {
    const login = await underWay();
    const late = await underWay();
    await logOut({ sid });
    turnClock(600);
    expect(await endOf(login)).toBe(false);
    scene.hostile.lies = { idToken: { claims: { sid, sub } } };
    turnClock(100);
    expect(await endOf(late)).toBe(true);
  });

  it('L11: with a sub alone refuses what was issued before it, by the server’s own clock, and nothing later', async () => {
    const at = now();
    for (const [iat, begins] of [
      [at - 1, false],
      [at, true],
      [at + 1, true],
    ] as const) {
      sub = randomUUID();
      const login = await underWay({ iat });
      await logOut({ sub }, at);
      // one that is older changes nothing
      await logOut({ sub }, at - 100);
      expect([iat - at, await endOf(login)]).toEqual([iat - at, begins]);
    }
  });

  it('L11, R8: counts at a process whose first key is another', async () => {
    const key = scene.parlour.environment['SESSION_KEYS'] ?? '';
    const rotated = await scene.another({ SESSION_KEYS: `${randomKey()} ${key}` });
    const login = await underWay();
    await logOut({ sid }, now(), rotated);
    expect(await endOf(login)).toBe(false);
  });
});

/** Every call to the storage, of one instance: one of them can be held. */
function held(instance: Parlour, nth: number) {
  const storage = instance.server.app.get<Storage>(STORAGE);
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let calls = 0;
  const hold = async () => {
    if (++calls !== nth) return;
    reached.resolve();
    await released.promise;
  };
  const methods = ['get', 'put', 'putIfAbsent', 'compareAndSwap', 'delete'] as const;
  for (const name of [...methods, 'addToSet', 'removeFromSet', 'membersOfSet'] as const) {
    const original = storage[name].bind(storage) as (...call: unknown[]) => Promise<unknown>;
    const holding = async (...call: unknown[]) => {
      await hold();
      return original(...call);
    };
    // what the method takes and gives is passed on as it is
    jest.spyOn(storage, name).mockImplementation(holding as never);
  }
  return { reached: reached.promise, release: () => released.resolve(), calls: () => calls };
}

/** The control: each makes at least as many. */
const STEPS = 3;

describe('a login and a logout at the same moment', () => {
  const names = { sid: () => ({ sid }), sub: () => ({ sub }), both: () => ({ sid, sub }) };

  it.each(['sid', 'sub', 'both'] as const)(
    'L11: leave no session, wherever the logout (%s) comes between two steps of the login',
    async named => {
      let made = Infinity;
      for (let nth = 1; nth <= made; nth++) {
        [sid, sub] = [randomUUID(), randomUUID()];
        const login = await underWay({ iat: now() - 5 });
        const { reached, release, calls } = held(scene.parlour, nth);
        const end = login.browser.navigate(login.callback);
        await Promise.race([reached, end]);
        await logOut(names[named]());
        release();
        await end;
        made = calls();
        jest.restoreAllMocks();
        expect([nth, await isLoggedIn(login.browser, scene.parlour)]).toEqual([nth, false]);
      }
      expect(made).toBeGreaterThanOrEqual(STEPS);
    },
  );

  it.each(['sid', 'sub', 'both'] as const)(
    'L11: leave no session, wherever the login comes between two steps of the logout (%s)',
    async named => {
      let made = Infinity;
      for (let nth = 1; nth <= made; nth++) {
        [sid, sub] = [randomUUID(), randomUUID()];
        const login = await underWay({ iat: now() - 5 });
        const { reached, release, calls } = held(other, nth);
        const logout = logOut(names[named]());
        await Promise.race([reached, logout]);
        await login.browser.navigate(login.callback);
        release();
        await logout;
        made = calls();
        jest.restoreAllMocks();
        expect([nth, await isLoggedIn(login.browser, scene.parlour)]).toEqual([nth, false]);
      }
      expect(made).toBeGreaterThanOrEqual(STEPS);
    },
  );
});

it('L11: the log and the metrics count no session that never began', async () => {
  const started = scene.events('login_completed').length;
  const ended = scene.events('session_ended').length;
  const login = await underWay();
  await logOut({ sid });
  await endOf(login);
  await until('its end is told', () => scene.events('login_failed').length > 0);
  expect([scene.events('login_completed').length, scene.events('session_ended').length]).toEqual([started, ended]);
});
