import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newestLogin, sendLogoutToken } from './backchannel.js';
import { startTwoFrontends } from './login-flow.js';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { logoutToken, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, randomKey, startParlour, until } from './support/parlour.js';
import { isLoggedIn, loggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => scene.hostile.beHonest());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

interface LoggedIn {
  browser: HttpBrowser;
  sub: string;
  sid: string;
}

async function login(user = 'alice'): Promise<LoggedIn> {
  const browser = await scene.login(user);
  const { sub, sid } = newestLogin(scene.hostile);
  return { browser, sub, sid };
}

/** The status of the answer. */
async function logOut(named: { sub?: string; sid?: string }, at = scene.parlour): Promise<number> {
  return (await sendLogoutToken(at, await logoutToken(scene.hostile, named))).status;
}

const alive = async (...logins: LoggedIn[]) => {
  const living = [];
  for (const { browser } of logins) living.push(await isLoggedIn(browser, scene.parlour));
  return living;
};
const storageOf = ({ server }: Parlour) => server.app.get<Storage>(STORAGE);

describe('a logout token', () => {
  it('L8: with a sid ends that session, and none of the others of its user', async () => {
    const [here, there] = [await login(), await login()];
    expect(await logOut({ sid: here.sid })).toBe(200);
    expect(await alive(here, there)).toEqual([false, true]);
    const refused = await script(here.browser, `${scene.parlour.url}/api/orders`);
    expect(refused.json()).toMatchObject({ code: 'not_authenticated' });
    expect(scene.events('session_ended').at(-1)).toMatchObject({ reason: 'backchannel_logout' });
    expect(scene.events('backchannel_logout_completed').at(-1)).toMatchObject({ sessions: 1 });
  });

  it('L8: with a sub alone ends all of that subject, and nobody else’s', async () => {
    const [here, there, bob] = [await login('carol'), await login('carol'), await login('bob')];
    expect(await logOut({ sub: 'carol' })).toBe(200);
    expect(await alive(here, there, bob)).toEqual([false, false, true]);
    expect(scene.events('backchannel_logout_completed').at(-1)).toMatchObject({ sessions: 2 });
  });

  it('L8: with both ends the session of that sid if it is that subject’s', async () => {
    const [here, there] = [await login(), await login()];
    expect(await logOut({ sid: here.sid, sub: 'bob' })).toBe(200);
    expect(await alive(here, there)).toEqual([true, true]);
    expect(await logOut({ sid: here.sid, sub: 'alice' })).toBe(200);
    expect(await alive(here, there)).toEqual([false, true]);
  });

  it('L8: is a success when the session has gone already, or never was', async () => {
    const { browser, sid, sub } = await login('frank');
    await script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
    const before = scene.events('session_ended').length;
    expect([await logOut({ sid }), await logOut({ sub }), await logOut({ sid: 'unknown', sub: 'nobody' })]).toEqual([
      200, 200, 200,
    ]);
    expect(scene.events('session_ended')).toHaveLength(before);
  });

  it('L8: ends a session of any instance', async () => {
    const other = await scene.another();
    const [here, there] = [await login(), await login()];
    expect([await logOut({ sid: here.sid }, other), await logOut({ sid: there.sid })]).toEqual([200, 200]);
    expect(await alive(here, there)).toEqual([false, false]);
  });

  it('L8, R8: ends a session of before a rotation of the keys, and one that a process without the new key can’t open', async () => {
    const rotated = await scene.another({
      SESSION_KEYS: `${randomKey()} ${scene.parlour.environment['SESSION_KEYS']}`,
    });
    for (const named of ['sid', 'sub'] as const) {
      const before = await login(`of ${named}`);
      const after = { browser: await loggedIn(rotated.url), ...newestLogin(scene.hostile) };
      const living = async () => [await isLoggedIn(before.browser, rotated), await isLoggedIn(after.browser, rotated)];
      expect(await living()).toEqual([true, true]);
      expect(await logOut({ [named]: before[named] }, rotated)).toBe(200);
      expect(await logOut({ [named]: after[named] }, scene.parlour)).toBe(200);
      expect(await living()).toEqual([false, false]);
      expect((await script(after.browser, `${rotated.url}/api/orders`)).status).toBe(401);
    }
  });

  it('L8, R4: during a refresh has what that brings revoked', async () => {
    const { browser, sid } = await login();
    turnClock(280);
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { refresh: { after: released.promise } };
    const call = script(browser, `${scene.parlour.url}/api/orders`);
    await scene.hostile.arrived('token', 1, 'refresh_token');
    const orphaned = scene.events('refresh_orphaned').length;
    expect(await logOut({ sid })).toBe(200);
    released.resolve();
    expect((await call).status).toBe(401);
    expect(scene.events('refresh_orphaned')).toHaveLength(orphaned + 1);
    const brought = scene.hostile.issued.findLast(({ kind }) => kind === 'refresh_token')?.value ?? '';
    await until('it is revoked', () => !scene.hostile.grants.isLive(brought));
  });

  it('L8: leaves no entry in an index', async () => {
    const storage = storageOf(scene.parlour);
    const add = jest.spyOn(storage, 'addToSet');
    const here = await login('dave');
    const indexes = add.mock.calls.map(([key]) => key);
    add.mockRestore();
    const members = async () => (await Promise.all(indexes.map(key => storage.membersOfSet(key)))).flat();
    expect([indexes.length, await members()]).toEqual([2, [expect.any(String), expect.any(String)]]);
    await logOut({ sid: here.sid });
    expect(await members()).toEqual([]);
  });
});

describe('a logout token of one frontend or issuer', () => {
  it('B28, L8: ends nothing of another frontend, though their client, issuer and keys are the same', async () => {
    const pair = await startTwoFrontends();
    try {
      const [one, two] = [await loggedIn(pair.one), await loggedIn(pair.two)];
      const { port } = pair.parlour;
      const { status } = await sendLogoutToken(
        { url: pair.one, port },
        await logoutToken(pair.hostile, { sub: 'alice' }),
      );
      expect(status).toBe(200);
      expect([await isLoggedIn(one, { url: pair.one }), await isLoggedIn(two, { url: pair.two })]).toEqual([
        false,
        true,
      ]);
    } finally {
      await pair.close();
    }
  });

  it('B28, L8: ends nothing of another issuer, though their storage and keys are the same', async () => {
    const other = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = scene.parlour.environment;
    const beside = await startParlour(other.issuer, { ...same, ISSUER: other.issuer });
    try {
      other.user = 'erin';
      const [here, there] = [await login('erin'), await loggedIn(beside.url)];
      const { sid } = newestLogin(other);
      expect((await sendLogoutToken(beside, await logoutToken(scene.hostile, { sub: 'erin' }))).status).toBe(400);
      expect(await logOut({ sub: 'erin' })).toBe(200);
      expect(await logOut({ sid })).toBe(200);
      expect([...(await alive(here)), await isLoggedIn(there, beside)]).toEqual([false, true]);
    } finally {
      await beside.close();
      await other.close();
    }
  });
});
