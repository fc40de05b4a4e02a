import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type Parlour, until } from './support/parlour.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { isLoggedIn, type Scene, script, startScene } from './support/scene.js';
import { closeStreams, openedStream, openStream } from './support/session-stream.js';

const SECOND = 1000;
const IDLE = 5;
let redis: RedisServer;
let scene: Scene;
let other: Parlour;

beforeAll(async () => {
  redis = await startRedis({ lines: ['appendonly yes', 'appendfsync always'] });
  scene = await startScene({ STORAGE_URL: redis.url, SESSION_IDLE_TIMEOUT: String(IDLE) });
  other = await scene.another();
});
afterAll(async () => {
  await scene.close();
  await redis.close();
});
afterEach(() => closeStreams());

const logoutAt = ({ url }: Parlour, browser: Awaited<ReturnType<Scene['login']>>) =>
  script(browser, `${url}/logout`, { method: 'POST' });

describe('session events over Redis', () => {
  it('L10: an end is told to the streams of another instance within a second', async () => {
    const browser = await scene.login();
    const stream = await openedStream(browser, other);
    const began = performance.now();
    await logoutAt(scene.parlour, browser);
    expect((await stream.ended()) - began).toBeLessThan(SECOND);
    expect(stream.events).toMatchObject([{ event: 'ended', data: { reason: 'logout' } }]);
  });

  it('L10: an end during which the notices’ connections were cut is found within two seconds', async () => {
    const browser = await scene.login();
    const stream = await openedStream(browser, other);
    const began = performance.now();
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await logoutAt(scene.parlour, browser);
    expect((await stream.ended()) - began).toBeLessThan(2 * SECOND);
    expect(stream.events).toMatchObject([{ event: 'ended', data: { reason: 'logout' } }]);
  });

  it('L10: the idle deadline is told there, too, by its own name', async () => {
    const stream = await openedStream(await scene.login(), other);
    await stream.ended((IDLE + 3) * SECOND);
    expect(stream.events).toMatchObject([{ event: 'expiring' }, { event: 'ended', data: { reason: 'idle' } }]);
  });

  it('R6: without Redis streams end without a word, who comes back gets 503, and later a stream again', async () => {
    const browser = await scene.login();
    const stream = await openedStream(browser, other);
    await redis.signal('SIGKILL');
    await stream.ended(IDLE * SECOND);
    expect(stream.events).toEqual([]);
    const refused = await script(browser, `${other.url}/session/events`);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    await redis.start();
    for (const instance of [other, scene.parlour])
      await until('it answers again', async () => (await openStream(browser, instance)).response.statusCode !== 503);
    const again = await scene.login();
    // notices have a connection of their own, which comes back in its own time
    await until('a stream opens', async () => (await openStream(again, other)).response.statusCode === 200);
    expect((await openedStream(again, other)).isOpen).toBe(true);
    expect(await isLoggedIn(again, other)).toBe(true);
  });
});
