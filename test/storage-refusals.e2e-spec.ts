import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { newestLogin, sendLogoutToken } from './backchannel.js';
import { logoutToken } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { isLoggedIn, type Scene, script, startScene } from './support/scene.js';
import { closeStreams, openStream } from './support/session-stream.js';

let redis: RedisServer;
let scene: Scene;
/** Has nothing in its cache of what the first one has read. */
let other: Parlour;

beforeAll(async () => {
  redis = await startRedis();
  scene = await startScene({ STORAGE_URL: redis.url, USERINFO: 'true' });
  other = await scene.another();
});
afterAll(async () => {
  await scene.close();
  await redis.close();
});
beforeEach(() => scene.hostile.beHonest());
afterEach(async () => {
  scene.api.reply = undefined;
  closeStreams();
  await allow(...REFUSABLE);
});

const REFUSABLE = ['set', 'get', 'zadd', 'zrange', 'subscribe', 'ssubscribe'];
/** The real server takes one command after the other away from its user: so a storage fails at one step alone. */
const change =
  (sign: '+' | '-') =>
  async (...commands: string[]) => {
    await redis.command('ACL', 'SETUSER', 'default', ...commands.map(command => sign + command));
  };
const [allow, refuse] = [change('+'), change('-')];

describe('a storage that refuses one kind of command', () => {
  it.each(['set', 'zadd', 'zrange', 'get'])(
    'L8, R6: (%s) makes a logout token a 503, and the same one is taken when it comes again',
    async command => {
      const browser = await scene.login();
      const jwt = await logoutToken(scene.hostile, { sid: newestLogin(scene.hostile).sid });
      await refuse(command);
      const { status, headers, body } = await sendLogoutToken(other, jwt);
      expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '5', 'no-store']);
      expect(body).toContain('storage_unavailable');
      await allow(command);
      expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
      expect((await sendLogoutToken(other, jwt)).status).toBe(200);
      await until('it has ended', async () => !(await isLoggedIn(browser, scene.parlour)));
    },
  );

  it('R6: (subscribe) makes a stream that can’t be watched a 503 with Retry-After, before it has begun', async () => {
    const browser = await scene.login();
    await refuse('subscribe', 'ssubscribe');
    const answer = await script(browser, `${scene.parlour.url}/session/events`);
    expect([answer.status, answer.json()['code'], answer.headers['retry-after']]).toEqual([
      503,
      'storage_unavailable',
      '5',
    ]);
    await allow('subscribe', 'ssubscribe');
    await until(
      'it can be watched',
      async () => (await openStream(browser, scene.parlour)).response.statusCode === 200,
    );
  });

  it('L10: (subscribe) has an API’s event stream broken off: nobody could say whether its session lives', async () => {
    const browser = await scene.login();
    await refuse('subscribe', 'ssubscribe');
    scene.api.reply = (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
    const { url } = scene.parlour;
    const opening = browser.stream(`${url}/api/stream`, { page: `${url}/`, headers: { 'X-CSRF': '1' } });
    await expect(opening.then(answer => once(answer.resume(), 'end'))).rejects.toThrow(/hang up|aborted/);
  });

  it('R6: (get) while a login ends an old session has the new tokens given back', async () => {
    const browser = await scene.login();
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { userinfo: { after: released.promise, times: 1 } };
    const end = browser.navigate(`${scene.parlour.url}/login`);
    const before = scene.hostile.to('userinfo').length;
    await until('the tokens are there', () => scene.hostile.to('userinfo').length > before);
    await refuse('get');
    released.resolve();
    expect((await end).status).toBe(503);
    for (const kind of ['access_token', 'refresh_token']) {
      const newest = scene.hostile.issued.findLast(issued => issued.kind === kind)?.value ?? '';
      expect([kind, scene.hostile.grants.isLive(newest)]).toEqual([kind, false]);
    }
  });
});

describe('claims that can be read and not be written again', () => {
  it('S1: end the login with login_failed, and its tokens are given back', async () => {
    const depth = 100_000;
    const name = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    scene.hostile.lies = { userinfo: { body: `{"sub":"alice","picture":1,"name":${name}}` } };
    const browser = new HttpBrowser();
    const failed = scene.events('request_failed').length;
    await browser.navigate(`${scene.parlour.url}/login`);
    expect(browser.url).toContain('login_error=login_failed');
    expect(scene.events('request_failed')).toHaveLength(failed);
    const newest = scene.hostile.issued.findLast(({ kind }) => kind === 'refresh_token')?.value ?? '';
    expect(scene.hostile.grants.isLive(newest)).toBe(false);
  });
});
