import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLIENT_ID, CLIENT_SECRET, until } from './support/parlour.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import type { Hop, HttpBrowser } from './support/http-browser.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';
import { startSentinels } from './support/redis-sentinel.js';
import type { RedisServer } from './support/redis-server.js';
import { loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';

let hostile: Hostile;
let api: RecordingApi;
let parlour: ParlourProcess;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  // with each second that passes a call needs a refresh
  hostile.accessTokenLifetime = 1;
  api = await startRecordingApi();
});
afterEach(() => parlour.stop());
afterAll(async () => {
  await api.close();
  await hostile.close();
});

const start = (url: string) => startProcess(hostile.issuer, { STORAGE_URL: url, API_ROUTES: `/api=${api.url}` });
const logged = (event: string) => parlour.stdout.concat(parlour.stderr).filter(line => line.includes(`"${event}"`));
const isReady = async () => (await fetch(`${parlour.managementUrl}/health/ready`)).status === 200;
const refreshes = () => hostile.calls.filter(({ grantType }) => grantType === 'refresh_token').length;
const asked = (browser: HttpBrowser, path: string) => script(browser, parlour.url + path);

/** All that a browser may be told: what it has asked for, or that it should come again. No cookie is taken from it. */
function isServed(answer: Hop): boolean {
  const { status, headers, setCookie } = answer;
  expect(setCookie).toEqual([]);
  if (status === 200) return true;
  expect([status, answer.json()['code']]).toEqual([503, 'storage_unavailable']);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  return false;
}

async function isSessionServed(browser: HttpBrowser): Promise<boolean> {
  const answer = await asked(browser, '/session');
  const served = isServed(answer);
  if (served) expect(answer.json()).toMatchObject({ authenticated: true });
  return served;
}

const isApiServed = async (browser: HttpBrowser) => isServed(await asked(browser, '/api/orders'));

/** Scripts that ask on and on. */
function askOn(asks: (() => Promise<boolean>)[]) {
  const ending = new AbortController();
  const scripts = asks.map(() => [] as boolean[]);
  const all = asks.map(async (ask, index) => {
    while (!ending.signal.aborted) scripts[index]?.push(await ask());
  });
  const failure = Promise.all(all);
  failure.catch(() => undefined);
  return {
    /** While each has been told what a browser may be told. */
    until: (what: string, isSo: (served: boolean[]) => boolean | undefined) =>
      Promise.race([until(what, () => scripts.every(isSo)), failure]),
    end: () => {
      ending.abort();
      return failure;
    },
  };
}

describe('a server whose Redis fails over', () => {
  it('R6, R3: a primary that sentinels watch, killed: 503 with Retry-After, then the same sessions at the new one, with all that was refreshed meanwhile', async () => {
    const watched = await startSentinels();
    parlour = await start(watched.url);
    const browsers = [await loggedIn(parlour.url), await loggedIn(parlour.url)];
    const looks = askOn(browsers.map(browser => () => isSessionServed(browser)));
    // one that was refreshing waits until that is stored
    const calls = askOn(browsers.map(browser => () => isApiServed(browser)));
    const old = await watched.primary();
    await calls.until('tokens are refreshed', () => refreshes() > 2);
    await old.signal('SIGKILL');
    await until('it isn’t ready', async () => !(await isReady()));
    await looks.until('all are refused', served => served.includes(false));
    await until('it is ready', isReady);
    const before = refreshes();
    for (const scripts of [looks, calls]) await scripts.until('all are served again', served => served.at(-1));
    await calls.until('tokens are refreshed again', () => refreshes() > before + 2);
    await Promise.all([looks.end(), calls.end()]);
    for (const browser of browsers)
      expect([await isSessionServed(browser), await isApiServed(browser)]).toEqual([true, true]);
    expect(await isSessionServed(await loggedIn(parlour.url))).toBe(true);
    await until('the recovery is logged', () => logged('storage_recovered').length > 0);
    const { port } = await watched.primary();
    expect([logged('storage_lost').length, port]).not.toEqual([0, old.port]);
    expect(logged('storage_recovered').at(-1)).toContain(`127.0.0.1:${port}`);
    expect([logged('session_ended'), parlour.child.exitCode]).toEqual([[], null]);
    await watched.close();
  }, 60_000);

  it('R6: a cluster that has lost a shard: the sessions of the others go on, and those of the lost one wait', async () => {
    const cluster = await startRedisCluster();
    parlour = await start(cluster.url);
    const browsers: HttpBrowser[] = [];
    const shards = await until('sessions are in two shards', async () => {
      browsers.push(await loggedIn(parlour.url));
      const all = await primariesWithSessions(cluster);
      return all.length > 1 && all;
    });
    const [lost] = shards;
    if (!lost) throw new Error('no shard');
    await Promise.all([lost.primary, lost.replica].map(node => node.signal('SIGKILL')));
    const rounds: boolean[][] = [];
    await until('the loss is logged', async () => {
      rounds.push(await Promise.all(browsers.map(isSessionServed)));
      return logged('storage_lost').length > 0;
    });
    const served = await Promise.all(browsers.map(isSessionServed));
    expect(served.filter(isOne => !isOne)).toHaveLength(lost.sessions);
    // those that are served have always been
    for (const round of rounds) expect(round.filter((isOne, index) => served[index] && !isOne)).toEqual([]);
    expect(await isReady()).toBe(true);
    const going = browsers.filter((_, index) => served[index]);
    const before = refreshes();
    await until('their tokens are refreshed', async () => {
      for (const browser of going) expect(await isApiServed(browser)).toBe(true);
      return refreshes() > before;
    });
    expect([logged('session_ended'), parlour.child.exitCode]).toEqual([[], null]);
    await cluster.close();
  }, 60_000);
});

interface Shard {
  primary: RedisServer;
  replica: RedisServer;
  sessions: number;
}

/** Those that hold sessions. */
async function primariesWithSessions(cluster: RedisCluster): Promise<Shard[]> {
  const found = new Map<RedisServer, Shard>();
  for (const node of cluster.nodes) {
    const keys = [await node.command('KEYS', '*:session')].flat().map(String);
    const [key] = keys;
    if (key === undefined) continue;
    const shard = await cluster.shardOf(key);
    found.set(shard.primary, { ...shard, sessions: keys.length });
  }
  return [...found.values()];
}
