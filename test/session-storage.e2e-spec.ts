import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Storage, STORAGE } from '../src/bff/index.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, randomKey } from './support/parlour.js';
import {
  isLoggedIn,
  rawSessionId,
  type Scene,
  script,
  SESSION_COOKIE,
  startScene,
  turnClock,
} from './support/scene.js';

let scene: Scene;
const oldKey = randomKey();
const storageOf = ({ server }: Parlour) => server.app.get<Storage>(STORAGE);

beforeAll(async () => {
  scene = await startScene({ SESSION_KEYS: oldKey });
});
afterAll(() => scene.close());
beforeEach(() => scene.hostile.beHonest());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const call = (browser: HttpBrowser, { url }: Parlour) => script(browser, `${url}/api/orders`);

/** Every key that a login and what follows write to. */
async function keysWritten(work: () => Promise<unknown>): Promise<string[]> {
  const spies = (['put', 'putIfAbsent', 'compareAndSwap', 'addToSet'] as const).map(name =>
    jest.spyOn(storageOf(scene.parlour), name),
  );
  await work();
  return spies.flatMap(spy => spy.mock.calls.map(([key]) => key));
}

describe('session keys', () => {
  it('R8: rotate without a logout: the new one first, the old one behind it', async () => {
    const browser = await scene.login();
    const rotated = await scene.another({ SESSION_KEYS: `${randomKey()} ${oldKey}` });
    expect(await isLoggedIn(browser, rotated)).toBe(true);
    turnClock(280);
    expect((await call(browser, rotated)).status).toBe(200);
    expect((await script(browser, `${rotated.url}/logout`, { method: 'POST' })).status).toBe(200);
    expect(await isLoggedIn(browser, rotated)).toBe(false);
    expect(rotated.events('unknown_key')).toEqual([]);
  });

  it('R8: that have gone leave no session, one line in the log, and no cookie to write it twice', async () => {
    const browser = await scene.login();
    const other = await scene.another({ SESSION_KEYS: randomKey() });
    expect(await isLoggedIn(browser, other)).toBe(false);
    expect(await isLoggedIn(browser, other)).toBe(false);
    expect(other.events('unknown_key')).toMatchObject([{ level: 'warn', purpose: 'session signature' }]);
    expect(await isLoggedIn(await scene.login(), scene.parlour)).toBe(true);
  });

  it('R8: that an instance doesn’t know yet read as no session there, with a line in the log, and nothing is lost elsewhere', async () => {
    const browser = await scene.login();
    const ahead = await scene.another({ SESSION_KEYS: `${randomKey()} ${oldKey}` });
    turnClock(280);
    await call(browser, ahead);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
    expect(scene.events('unknown_key').at(-1)).toMatchObject({ purpose: 'record' });
    expect(await isLoggedIn(browser, ahead)).toBe(true);
  });
});

describe('a record', () => {
  it('R9: that is moved to another session’s key opens nothing there', async () => {
    const [alice, mallory] = [await scene.login('alice'), await scene.login('mallory')];
    const keys = { alice: await keyOf(alice), mallory: await keyOf(mallory) };
    const storage = storageOf(scene.parlour);
    for (const kind of ['session', 'tokens', 'seen']) {
      const record = await storage.get(`${keys.alice}:${kind}`);
      expect(record).toBeDefined();
      await storage.put(`${keys.mallory}:${kind}`, record?.value ?? Buffer.of(), 60_000);
      expect(await isLoggedIn(mallory, scene.parlour)).toBe(false);
      expect((await call(mallory, scene.parlour)).status).toBe(401);
    }
    expect(await isLoggedIn(alice, scene.parlour)).toBe(true);
  });

  it('R9: of one kind opens as no other kind', async () => {
    const browser = await scene.login();
    const key = await keyOf(browser);
    const storage = storageOf(scene.parlour);
    const record = await storage.get(`${key}:session`);
    await storage.put(`${key}:tokens`, record?.value ?? Buffer.of(), 60_000);
    expect((await call(browser, scene.parlour)).status).toBe(401);
  });

  it('R9: that is pasted into a cookie opens nothing', async () => {
    const browser = await scene.login();
    const key = await keyOf(browser);
    const record = await storageOf(scene.parlour).get(`${key}:session`);
    const pasted = Buffer.from(record?.value ?? []).toString('base64url');
    const { url } = scene.parlour;
    const visitor = new HttpBrowser();
    await visitor.navigate(`${url}/login`, { until: to => to.startsWith(`${url}/callback`) });
    const callback = visitor.hops.at(-1)?.location ?? '';
    const [transaction] = visitor.cookies(url);
    visitor.setCookie(url, `${transaction?.name}=${pasted}; Secure; HttpOnly; Path=/; SameSite=Lax`);
    visitor.setCookie(url, `${SESSION_COOKIE}=s%3A${pasted}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    visitor.setCookie(url, `__Host-Http-logout=${pasted}; Secure; HttpOnly; Path=/; SameSite=Lax`);
    expect((await visitor.navigate(callback)).status).toBe(400);
    expect(await isLoggedIn(visitor, scene.parlour)).toBe(false);
    expect((await visitor.navigate(`${url}/logout/callback?state=alice`, { follow: false })).status).toBe(303);
  });

  it('R9: with a flipped bit, cut short or empty reads as no session, and nothing crashes', async () => {
    const browser = await scene.login();
    const key = await keyOf(browser);
    const storage = storageOf(scene.parlour);
    const whole = Buffer.from((await storage.get(`${key}:session`))?.value ?? []);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);
    for (const damaged of [flipped, whole.subarray(0, 36), whole.subarray(0, 10), Buffer.of(), Buffer.of(2)]) {
      await storage.put(`${key}:session`, damaged, 60_000);
      expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
    }
  });
});

describe('the raw session id', () => {
  it('R11: stands in no storage key, file, log line, metric or handle', async () => {
    let browser = new HttpBrowser();
    const keys = await keysWritten(async () => {
      browser = await scene.login();
      turnClock(280);
      await call(browser, scene.parlour);
      await script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
    });
    const id = rawSessionId(await scene.login(), scene.parlour.url);
    const ended = scene.events('session_ended').at(-1)?.['session'];
    const metrics = await (await fetch(`${scene.parlour.managementUrl}/metrics`)).text();
    const folder = scene.parlour.environment['STORAGE_URL']?.replace('file:', '') ?? '';
    const file = readFileSync(`${folder}/storage.mdb`).toString('latin1');
    // the controls: these do hold what they should
    expect(keys.some(key => key.startsWith('{default:'))).toBe(true);
    expect(file).toContain('{default:');
    expect(ended).toMatch(/^[\w-]{16}$/);
    const log = JSON.stringify(
      ['login_completed', 'session_ended', 'refresh_completed'].map(name => scene.events(name)),
    );
    for (const text of [keys.join(), file, log, metrics]) {
      for (const needle of [id, Buffer.from(id).toString('base64url'), Buffer.from(id, 'base64url').toString('latin1')])
        expect(text).not.toContain(needle);
    }
    expect(keys.join()).not.toContain(String(ended));
  });
});

describe('a session that has ended', () => {
  it('R13: is refused at once, in this instance and in another on the same storage', async () => {
    const other = await scene.another();
    for (const where of [scene.parlour, other]) {
      const browser = await scene.login();
      const copy = browser.clone();
      expect((await call(copy, scene.parlour)).status).toBe(200);
      expect((await call(copy, other)).status).toBe(200);
      await script(browser, `${where.url}/logout`, { method: 'POST' });
      for (const instance of [scene.parlour, other]) {
        expect((await call(copy, instance)).json()).toMatchObject({ code: 'not_authenticated' });
        expect(await isLoggedIn(copy, instance)).toBe(false);
      }
    }
  });

  it('R13: calls no API a hundred milliseconds later, though its idle deadline was being written all the while', async () => {
    const other = await scene.another();
    const browser = await scene.login();
    const storage = storageOf(scene.parlour);
    const swap = storage.compareAndSwap.bind(storage);
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // the real write, a little later
    jest.spyOn(storage, 'compareAndSwap').mockImplementation(async (key, ...rest) => {
      if (key.endsWith(':seen')) {
        reached.resolve();
        await released.promise;
      }
      return swap(key, ...rest);
    });
    turnClock(70);
    const answered = call(browser.clone(), scene.parlour);
    await reached.promise;
    const called = scene.api.requests.length;
    await script(browser, `${other.url}/logout`, { method: 'POST' });
    await pause(100);
    released.resolve();
    expect((await answered).json()).toMatchObject({ code: 'session_ended' });
    expect(scene.api.requests.length).toBe(called);
  });
});

/** The tag of the session's records: what's written when it slides. */
async function keyOf(browser: HttpBrowser): Promise<string> {
  turnClock(120);
  const keys = await keysWritten(() => call(browser, scene.parlour));
  jest.restoreAllMocks();
  return keys.find(key => key.endsWith(':seen'))?.replace(/:seen$/, '') ?? '';
}
