import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './support/parlour.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { isLoggedIn, type RecordingApi, script, SESSION_COOKIE, startRecordingApi } from './support/scene.js';

let hostile: Hostile;
let api: RecordingApi;
let redis: RedisServer | undefined;
let parlour: ParlourProcess | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});
beforeEach(() => {
  hostile.beHonest();
  // every call refreshes; what was rotated for somebody who is dead by then may come again
  hostile.accessTokenLifetime = 1;
  hostile.grants.reuseWindow = true;
});
afterEach(async () => {
  await parlour?.stop('SIGKILL');
  await redis?.close();
  redis = undefined;
});

/** What browsers were told before and while something was killed. */
interface Told {
  loggedIn: Set<HttpBrowser>;
  loggedOut: HttpBrowser[];
  /** A login or a logout was under way: the one or the other. */
  doubtful: HttpBrowser[];
}

/** Logs in, calls the API and sometimes logs out, with several browsers at once, until it's stopped. */
function load(url: string, told: Told): () => Promise<void> {
  const stopped = new AbortController();
  const one = async (browser: HttpBrowser) => {
    try {
      await browser.navigate(`${url}/login`);
    } finally {
      if (wasToldSo(browser)) told.loggedIn.add(browser);
      else told.doubtful.push(browser);
    }
    await script(browser, `${url}/api/orders`);
    if (randomInt(3) > 0 || !told.loggedIn.delete(browser)) return;
    const copy = browser.clone();
    const { status } = await script(browser, `${url}/logout`, { method: 'POST' }).catch(() => ({ status: 0 }));
    (status === 200 ? told.loggedOut : told.doubtful).push(copy);
  };
  const endless = async () => {
    while (!stopped.signal.aborted) await one(new HttpBrowser()).catch(() => pause(50));
  };
  const running = Promise.all(Array.from({ length: 6 }, endless));
  return async () => {
    stopped.abort();
    await running;
  };
}

/** The redirect with the session's cookie says it, whatever became of the page behind it. */
function wasToldSo({ hops }: HttpBrowser): boolean {
  return hops.some(
    ({ status, setCookie }) => status === 303 && setCookie.some(line => line.startsWith(SESSION_COOKIE)),
  );
}

async function underLoad(url: string, told: Told, kill: () => Promise<unknown>): Promise<void> {
  const before = told.loggedIn.size;
  const stop = load(url, told);
  await until('some have logged in', () => told.loggedIn.size >= before + 10);
  await pause(randomInt(200));
  await kill();
  await stop();
}

async function expectKept(url: string, { loggedIn, loggedOut, doubtful }: Told): Promise<void> {
  expect(loggedOut.length).toBeGreaterThan(0);
  for (const browser of loggedIn) expect(await state(browser, url)).toEqual([true, 200]);
  for (const browser of loggedOut) expect(await state(browser, url)).toEqual([false, 401]);
  for (const browser of doubtful)
    expect([
      [true, 200],
      [false, 401],
    ]).toContainEqual(await state(browser, url));
}

async function state(browser: HttpBrowser, url: string): Promise<[boolean, number]> {
  return [await isLoggedIn(browser, { url }), (await script(browser, `${url}/api/orders`)).status];
}

const nothingTold = (): Told => ({ loggedIn: new Set(), loggedOut: [], doubtful: [] });

async function start(changes: Record<string, string>): Promise<ParlourProcess> {
  parlour = await startProcess(hostile.issuer, {
    API_ROUTES: `/api=${api.url}`,
    OUTBOUND_TIMEOUT: '1',
    LOGIN_BURST: '1000',
    LOGIN_BURST_TOTAL: '1000',
    ...changes,
  });
  return parlour;
}

const ON_DISK = { lines: ['appendonly yes', 'appendfsync always'] };

describe('kill -9 in the middle of logins, refreshes and logouts', () => {
  it.each(['embedded', 'Redis'])(
    'R7: of Parlour loses nothing that a browser was told, and leaves no half session (%s)',
    async backend => {
      if (backend === 'Redis') redis = await startRedis(ON_DISK);
      const settings = {
        STORAGE_URL: redis?.url ?? `file:${temporaryDirectory()}/data`,
        SESSION_KEYS: randomKey(),
      };
      const { port, url } = await start(settings);
      const told = nothingTold();
      for (let round = 0; round < 3; round += 1) {
        await underLoad(url, told, async () => parlour?.stop('SIGKILL'));
        await start({ ...settings, PORT: String(port), PUBLIC_URL: url });
      }
      await expectKept(url, told);
    },
    120_000,
  );

  it('R7: of a Redis that writes before it answers loses nothing that a browser was told, and Parlour goes on', async () => {
    const server = await startRedis(ON_DISK);
    redis = server;
    const { url, managementUrl } = await start({ STORAGE_URL: server.url });
    const told = nothingTold();
    for (let round = 0; round < 3; round += 1) {
      await underLoad(url, told, () => server.signal('SIGKILL'));
      await server.start();
      await until('it is ready again', async () => (await fetch(`${managementUrl}/health/ready`)).ok);
    }
    await expectKept(url, told);
  }, 120_000);
});
