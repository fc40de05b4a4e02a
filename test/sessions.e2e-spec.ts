import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Frontends, STORAGE, type Storage } from '../src/bff/index.js';
import { KeyRing } from '../src/bff/seal.js';
import { indexKeys } from '../src/bff/session/session-record.js';
import { Sessions } from '../src/bff/session/session.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, randomKey } from './support/parlour.js';
import {
  isLoggedIn,
  loggedIn,
  rawSessionId,
  type Scene,
  script,
  SESSION_COOKIE,
  startScene,
  turnClock,
} from './support/scene.js';
import { closeStreams, openedStream } from './support/session-stream.js';

const oldKey = randomKey();
let scene: Scene;
/** A user of each test's own. */
let user: string;
let users = 0;

beforeAll(async () => {
  scene = await startScene({ SESSION_KEYS: oldKey, TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  user = `user-${++users}`;
});
afterEach(() => {
  closeStreams();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

function only<T>([first, ...others]: T[]): T {
  if (first === undefined || others.length > 0) throw new Error('there isn’t exactly one');
  return first;
}

interface Listed {
  handle: string;
  startedAt: string;
  lastSeenAt: string;
  expiresAt: string;
  address: string | null;
  userAgent: string | null;
  current: boolean;
}

const frontend = () => only(scene.parlour.server.app.get(Frontends).all);
const storageOf = ({ server }: Parlour) => server.app.get<Storage>(STORAGE);
const at = (browser: HttpBrowser, path: string, method = 'GET', { url } = scene.parlour) =>
  script(browser, url + path, { method });

async function list(browser: HttpBrowser, parlour = scene.parlour): Promise<Listed[]> {
  const answer = await at(browser, '/sessions', 'GET', parlour);
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
  // the shape that the first test holds on to
  return (answer.json() as { sessions: Listed[] }).sessions;
}

async function handleOf(browser: HttpBrowser): Promise<string> {
  return (await list(browser)).find(({ current }) => current)?.handle ?? '';
}

/** The tag of the session's records. */
function keyOf(browser: HttpBrowser): string {
  const keys = new KeyRing([oldKey], 'default');
  return `{default:${keys.mac('storage key', rawSessionId(browser, scene.parlour.url))}}`;
}

async function loginFrom(headers: Record<string, string>): Promise<HttpBrowser> {
  scene.hostile.user = user;
  const browser = new HttpBrowser();
  await browser.navigate(`${scene.parlour.url}/login`, { headers });
  return browser;
}

describe('GET /sessions', () => {
  it('B16: says when, from where and with which browser each began, and which is this one; the newest first', async () => {
    turnClock(0);
    const first = await loginFrom({ 'x-forwarded-for': '203.0.113.7', 'user-agent': 'Mozilla/5.0 (Old; \xe9\t)' });
    const began = new Date().toISOString();
    turnClock(120);
    const second = await loginFrom({ 'x-forwarded-for': '2001:db8::7', 'user-agent': 'x'.repeat(900) });
    turnClock(120);
    await at(first, '/api/orders');
    const [newest, oldest, ...others] = await list(second);
    expect(others).toEqual([]);
    expect(oldest).toEqual({
      handle: expect.stringMatching(/^[\w-]{16}$/),
      startedAt: began,
      lastSeenAt: new Date().toISOString(),
      expiresAt: new Date(Date.parse(began) + 28_800_000).toISOString(),
      address: '203.0.113.7',
      userAgent: 'Mozilla/5.0 (Old; )',
      current: false,
    });
    expect(newest).toMatchObject({ address: '2001:db8::7', userAgent: 'x'.repeat(200), current: true });
  });

  it('needs somebody who is logged in, and the header', async () => {
    const browser = await scene.login(user);
    for (const [path, method] of [
      ['/sessions', 'GET'],
      ['/sessions', 'DELETE'],
      [`/sessions/${await handleOf(browser)}`, 'DELETE'],
    ] as const) {
      const nobody = await at(new HttpBrowser(), path, method);
      expect(nobody.json()).toMatchObject({ status: 401, code: 'not_authenticated', loginUrl: '/login' });
    }
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });

  it('B12: nothing of it goes without the header', async () => {
    const [browser, other] = [await scene.login(user), await scene.login(user)];
    for (const [path, method] of [
      ['/sessions', 'GET'],
      ['/sessions', 'DELETE'],
      [`/sessions/${await handleOf(other)}`, 'DELETE'],
    ] as const) {
      const bare = await browser.fetch(scene.parlour.url + path, { method, page: scene.parlour.url });
      expect(bare.json()).toMatchObject({ status: 403, code: 'csrf_header_missing' });
    }
    expect(await isLoggedIn(other, scene.parlour)).toBe(true);
  });

  it('R11: shows no session id, no cookie and no storage key', async () => {
    const browser = await scene.login(user);
    const { body } = await at(browser, '/sessions');
    const { handle } = (await list(browser))[0] ?? { handle: '' };
    const id = rawSessionId(browser, scene.parlour.url);
    for (const secret of [id, keyOf(browser), keyOf(browser).slice(9, -1)]) expect(body).not.toContain(secret);
    expect(keyOf(browser)).not.toContain(handle);
    const planted = new HttpBrowser();
    planted.setCookie(scene.parlour.url, `${SESSION_COOKIE}=s%3A${handle}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    expect(await isLoggedIn(planted, scene.parlour)).toBe(false);
  });

  it('B28: shows the user’s own sessions and nobody else’s', async () => {
    const own = await scene.login(user);
    await scene.login(`${user}-other`);
    expect(await list(own)).toHaveLength(1);
  });

  it('B28: shows and ends nothing of another user’s, even if the index said so', async () => {
    const [own, other] = [await scene.login(user), await scene.login(`${user}-other`)];
    const handle = await handleOf(other);
    for (const set of indexKeys(frontend(), { subject: user }))
      await storageOf(scene.parlour).addToSet(set, keyOf(other), 60_000);
    expect(await list(own)).toHaveLength(1);
    expect((await at(own, `/sessions/${handle}`, 'DELETE')).status).toBe(404);
    expect((await at(own, '/sessions', 'DELETE')).json()).toEqual({ ended: 0 });
    expect(await isLoggedIn(other, scene.parlour)).toBe(true);
  });

  it('B21: doesn’t slide the idle deadline', async () => {
    const browser = await scene.login(user);
    const shown = async () => (await at(browser, '/session')).body;
    const before = await shown();
    turnClock(300);
    await list(browser);
    await at(browser, '/SESSIONS/');
    expect(await shown()).toBe(before);
  });

  it('S1: shows a hundred at most, the newest', async () => {
    const browser = await scene.login(user);
    const oldest = await handleOf(browser);
    const sessions = scene.parlour.server.app.get(Sessions);
    for (let count = 0; count < 100; count++) {
      turnClock(1);
      const tokens = { accessToken: 'none', obtainedAt: Date.now() };
      await sessions.start(frontend(), `session-${count}`, tokens, { subject: user, user: {} }, Date.now() / 1000);
    }
    const handles = (await list(browser)).map(({ handle }) => handle);
    expect(handles).toHaveLength(100);
    expect(handles).not.toContain(oldest);
  });

  it('B21: leaves out what is over, and takes it out of the index', async () => {
    const browser = await scene.login(user);
    const idle = await scene.login(user);
    await storageOf(scene.parlour).delete(`${keyOf(idle)}:seen`);
    const removed = jest.spyOn(storageOf(scene.parlour), 'removeFromSet');
    expect(await list(browser)).toHaveLength(1);
    expect(removed.mock.calls.map(([, member]) => member)).toEqual([keyOf(idle)]);
    removed.mockClear();
    expect(await list(browser)).toHaveLength(1);
    expect(removed).not.toHaveBeenCalled();
  });

  it('L8: leaves a session in the index that is just starting', async () => {
    const browser = await scene.login(user);
    const storage = storageOf(scene.parlour);
    const real = storage.put.bind(storage);
    let seen: Listed[] = [];
    jest.spyOn(storage, 'put').mockImplementation(async (key, ...rest) => {
      if (key.endsWith(':session')) seen = await list(browser);
      return real(key, ...rest);
    });
    await scene.login(user);
    jest.restoreAllMocks();
    expect(seen).toHaveLength(1);
    expect(await list(browser)).toHaveLength(2);
  });

  it('R8: shows sessions from before a rotation of the keys, and from an instance that has the new key already', async () => {
    const before = await scene.login(user);
    const rotated = await scene.another({ SESSION_KEYS: `${randomKey()} ${oldKey}`, TRUSTED_PROXIES: '127.0.0.1' });
    scene.hostile.user = user;
    const after = await loggedIn(rotated.url);
    expect(await list(after, rotated)).toHaveLength(2);
    expect(await list(before, rotated)).toHaveLength(2);
    const old = await handleOf(before);
    expect((await at(after, `/sessions/${old}`, 'DELETE', rotated)).status).toBe(204);
    expect(await isLoggedIn(before, scene.parlour)).toBe(false);
  });

  it('R9: says null where a record of the release before doesn’t say it', async () => {
    const browser = await scene.login(user);
    const { records } = frontend();
    const stored = await records.get<Record<string, unknown>>(`${keyOf(browser)}:session`);
    const { address: _address, userAgent: _userAgent, ...older } = stored?.value ?? {};
    await records.put(`${keyOf(browser)}:session`, older, 60_000);
    expect(await list(browser)).toMatchObject([{ address: null, userAgent: null, current: true }]);
  });
});

describe('DELETE /sessions/:handle', () => {
  it('L3: ends that session, revokes its tokens, and tells its tabs revoked', async () => {
    const [here, there] = [await scene.login(user), await scene.login(user)];
    const token = scene.hostile.issued.findLast(({ kind }) => kind === 'refresh_token')?.value ?? '';
    const stream = await openedStream(there, scene.parlour);
    const answer = await at(here, `/sessions/${await handleOf(there)}`, 'DELETE');
    expect([answer.status, answer.body, answer.setCookie]).toEqual([204, '', []]);
    await stream.ended();
    expect(stream.events).toMatchObject([{ event: 'ended', data: { reason: 'revoked' } }]);
    expect([await isLoggedIn(there, scene.parlour), await isLoggedIn(here, scene.parlour)]).toEqual([false, true]);
    expect(scene.hostile.grants.isLive(token)).toBe(false);
    expect(scene.events('session_ended').at(-1)).toMatchObject({ reason: 'revoked' });
    expect(await list(here)).toHaveLength(1);
  });

  it('L1: ends this very session, and its cookie goes, too', async () => {
    const browser = await scene.login(user);
    const copy = browser.clone();
    expect((await at(browser, `/sessions/${await handleOf(browser)}`, 'DELETE')).status).toBe(204);
    expect(browser.cookies(scene.parlour.url).map(({ name }) => name)).not.toContain(SESSION_COOKIE);
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
  });

  it('B28: says the same of another user’s session as of one that there isn’t, and ends nothing', async () => {
    const [own, other] = [await scene.login(user), await scene.login(`${user}-other`)];
    const before = scene.events('session_ended').length;
    const answers = [];
    for (const handle of [await handleOf(other), 'AAAAAAAAAAAAAAAA', 'x', '%00', keyOf(other), '*', '__proto__']) {
      const answer = await at(own, `/sessions/${encodeURIComponent(handle)}`, 'DELETE');
      answers.push({ ...answer.json(), reference: '' });
    }
    const [first] = answers;
    expect(first).toMatchObject({ status: 404, code: 'not_found' });
    expect(answers).toEqual(answers.map(() => first));
    expect(scene.events('session_ended')).toHaveLength(before);
    expect(await isLoggedIn(other, scene.parlour)).toBe(true);
  });
});

describe('DELETE /sessions', () => {
  it('L3: ends all others, says how many, and none waits for a revocation', async () => {
    const [here, ...others] = [await scene.login(user), await scene.login(user), await scene.login(user)];
    const stranger = await scene.login(`${user}-other`);
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { revocation: { after: released.promise } };
    const answered = at(here, '/sessions', 'DELETE');
    await scene.hostile.arrived('revocation');
    const alive = (browsers: HttpBrowser[]) => Promise.all(browsers.map(each => isLoggedIn(each, scene.parlour)));
    expect(await alive(others)).toEqual([false, false]);
    released.resolve();
    expect([(await answered).status, (await answered).json()]).toEqual([200, { ended: 2 }]);
    expect(await alive([here, stranger])).toEqual([true, true]);
    expect(scene.hostile.count('revocation')).toBe(4);
    expect((await at(here, '/sessions', 'DELETE')).json()).toEqual({ ended: 0 });
  });
});
