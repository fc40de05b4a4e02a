import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, until } from './support/parlour.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';
import { connectionsOf, type RedisServer, startRedis } from './support/redis-server.js';
import { isLoggedIn, loggedIn, type Scene, script, startScene } from './support/scene.js';
import { closeStreams, openedStream } from './support/session-stream.js';

/** What it keeps on its disk is there after a restart. */
const DURABLE = { lines: ['appendonly yes', 'appendfsync always'] };

let redis: RedisServer;

beforeEach(async () => {
  redis = await startRedis(DURABLE);
});
afterEach(() => redis.close());

describe('a server whose Redis goes away', () => {
  let hostile: Hostile;
  let parlour: ParlourProcess;
  let browser: HttpBrowser;

  beforeEach(async () => {
    hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    parlour = await startProcess(hostile.issuer, { STORAGE_URL: redis.url });
    browser = await loggedIn(parlour.url);
  });
  afterEach(async () => {
    await parlour.stop();
    await hostile.close();
  });

  const logged = (event: string) => parlour.stdout.concat(parlour.stderr).filter(line => line.includes(`"${event}"`));
  const session = () => script(browser, `${parlour.url}/session`);
  const isReady = async () => (await fetch(`${parlour.managementUrl}/health/ready`)).status === 200;

  it.each<[string, NodeJS.Signals, () => Promise<void>]>([
    ['killed and started again', 'SIGKILL', () => redis.start()],
    ['frozen and thawed', 'SIGSTOP', () => redis.signal('SIGCONT')],
  ])(
    'R6: %s: 503 with Retry-After, not ready, no crash; and the same session goes on without a restart',
    async (_, signal, back) => {
      await redis.signal(signal);
      await until('it isn’t ready', async () => !(await isReady()));
      const refused = await session();
      expect([refused.status, refused.json()['code']]).toEqual([503, 'storage_unavailable']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      const login = await browser.navigate(`${parlour.url}/login`, {
        until: to => to.startsWith(`${parlour.url}/callback`),
      });
      expect(login.status).toBeLessThan(600);
      await until('the outage is logged', () => logged('storage_lost').length > 0);
      await back();
      await until('it is ready', isReady);
      expect((await session()).json()).toMatchObject({ authenticated: true });
      expect(logged('storage_lost')).toHaveLength(1);
      await until('that is logged', () => logged('storage_recovered').length === 1);
      expect(parlour.child.exitCode).toBeNull();
    },
  );
});

describe('several instances on one Redis', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await startScene({ STORAGE_URL: redis.url });
  });
  afterEach(() => {
    closeStreams();
    return scene.close();
  });

  it('R3: what a refresh brings while it’s away is stored when it’s back', async () => {
    const { hostile, parlour } = scene;
    hostile.accessTokenLifetime = 1;
    const browser = await scene.login();
    const call = async () => (await script(browser, `${parlour.url}/api/orders`)).status;
    const released = Promise.withResolvers<void>();
    hostile.lies = { refresh: { after: released.promise, times: 1 } };
    const refreshes = () => hostile.count('token', 'refresh_token');
    const refreshed = until('a call has had a refresh', async () => {
      const status = await call();
      return refreshes() > 0 && status;
    });
    await hostile.arrived('token', 1, 'refresh_token');
    await redis.signal('SIGKILL');
    released.resolve();
    await until('the outage is logged', () => scene.events('storage_lost').length > 0);
    await redis.start();
    expect(await refreshed).toBe(200);
    await until('the new token is due', async () => (await call()) === 200 && refreshes() > 1);
    for (const event of ['refresh_failed', 'refresh_orphaned', 'session_ended']) {
      expect([event, scene.events(event)]).toEqual([event, []]);
    }
  });

  const PURPOSES = ['reads', 'writes', 'notices'];
  const listed = async () =>
    Object.fromEntries(
      await Promise.all(PURPOSES.map(async each => [each, await connectionsOf(redis, `parlour-${each}`)] as const)),
    );

  it.each([
    ['', undefined],
    [', with the connection of the notices cut', 'notices'],
    [', with that of the reads cut', 'reads'],
  ])('R13: a session that ends at one is refused at all of them within two seconds%s', async (_, cut) => {
    const others = [await scene.another(), await scene.another(), await scene.another()];
    const browser = await scene.login();
    const copy = browser.clone();
    for (const instance of others) expect(await isLoggedIn(copy, instance)).toBe(true);
    // each listens to something
    const streams = await Promise.all(others.map(instance => openedStream(copy, instance)));
    const before = await listed();
    expect(before['notices']).toEqual(others.map(() => ({ id: expect.any(String), subscriptions: 1 })));
    expect(before['reads']).toHaveLength(others.length + 1);
    if (cut !== undefined) for (const { id } of before[cut] ?? []) await redis.command('CLIENT', 'KILL', 'ID', id);
    const loggingOut = script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
    const after = await listed();
    for (const purpose of PURPOSES) {
      const known = before[purpose] ?? [];
      const left = known.filter(({ id }) => after[purpose]?.some(each => each.id === id));
      expect([purpose, left.length]).toEqual([purpose, purpose === cut ? 0 : known.length]);
    }
    await loggingOut;
    const began = performance.now();
    for (const instance of others) await until('it is refused', async () => !(await isLoggedIn(copy, instance)));
    expect(performance.now() - began).toBeLessThan(2000);
    for (const stream of streams) {
      await stream.ended(2000);
      expect(stream.events).toMatchObject([{ event: 'ended', data: { reason: 'logout' } }]);
    }
  });
});
