import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { KeyRing } from '../src/bff/seal.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { isLoggedIn, loggedIn, rawSessionId, type Scene, script, startScene, turnClock } from './support/scene.js';
import { closeStreams, openedStream, openStream, type SessionStream } from './support/session-stream.js';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SECOND = 1000;
let scene: Scene;
let other: Parlour;
let browser: HttpBrowser;
const storage = () => scene.parlour.server.app.get<Storage>(STORAGE);

beforeAll(async () => {
  scene = await startScene();
  other = await scene.another();
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  browser = await scene.login();
});
afterEach(() => {
  closeStreams();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const logout = () => script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
/** The tag of the session's records. */
function keyOf(one: HttpBrowser): string {
  const keys = new KeyRing([String(scene.parlour.environment['SESSION_KEYS'])], 'default');
  return `{default:${keys.mac('storage key', rawSessionId(one, scene.parlour.url))}}`;
}
const told = ({ events }: SessionStream) => events.map(({ event, data }) => [event, data]);

describe('GET /session/events', () => {
  it('L10: sends its head and a sign of life at once, and nothing that a cache or a proxy could keep', async () => {
    const { response, ...stream } = await openedStream(browser, scene.parlour);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(stream.text).toMatch(/^: connected\nretry: 2000\nid: \d{13}\n\n/);
  });

  it('B12: needs the header, so that no EventSource of another page holds a stream', async () => {
    const answer = await browser.fetch(`${scene.parlour.url}/session/events`, { page: scene.parlour.url });
    expect(answer.json()).toMatchObject({ status: 403, code: 'csrf_header_missing' });
  });

  it('says 401 to nobody, with where to log in', async () => {
    const answer = await script(new HttpBrowser(), `${scene.parlour.url}/session/events`);
    expect(answer.json()).toMatchObject({ status: 401, code: 'not_authenticated', loginUrl: '/login' });
  });

  it('S1: opens no stream for a HEAD, which nobody would read', async () => {
    const answer = await script(browser, `${scene.parlour.url}/session/events`, { method: 'HEAD' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET']);
  });

  it('B21: doesn’t slide the idle deadline, neither when it’s opened nor later', async () => {
    const shown = async () => (await script(browser, `${scene.parlour.url}/session`)).body;
    const before = await shown();
    turnClock(300);
    await openedStream(browser, scene.parlour);
    await openedStream(browser, scene.parlour);
    expect(await shown()).toBe(before);
  });

  it('S1: holds six streams of a session in one instance; the oldest makes room', async () => {
    const streams: SessionStream[] = [];
    for (let count = 0; count < 6; count++) streams.push(await openedStream(browser, scene.parlour));
    expect(streams.map(({ isOpen }) => isOpen)).toEqual(Array(6).fill(true));
    streams.push(await openedStream(browser, scene.parlour));
    await streams[0]?.ended();
    expect(streams.map(({ isOpen }) => isOpen)).toEqual([false, ...Array<boolean>(6).fill(true)]);
    expect(streams.flatMap(told)).toEqual([]);
  });

  it('counts the open ones in a metric', async () => {
    const gauge = async () => {
      const metrics = await (await fetch(`${scene.parlour.managementUrl}/metrics`)).text();
      return Number(/^parlour_event_streams\{frontend="default"\} (\d+)$/m.exec(metrics)?.[1]);
    };
    await until('the streams of other tests are closed', async () => (await gauge()) === 0);
    const streams = [await openedStream(browser, scene.parlour), await openedStream(browser, scene.parlour)];
    expect(await gauge()).toBe(2);
    for (const stream of streams) stream.close();
    await until('both are closed', async () => (await gauge()) === 0);
  });
});

describe('a session that ends', () => {
  it('L10: is told to every tab at every instance with the reason, and their streams close within a second', async () => {
    const streams = [
      await openedStream(browser, scene.parlour),
      await openedStream(browser.clone(), scene.parlour),
      await openedStream(browser, other),
    ];
    const strangers = await openedStream(await scene.login(), scene.parlour);
    const began = performance.now();
    await logout();
    for (const stream of streams) {
      expect((await stream.ended()) - began).toBeLessThan(SECOND);
      expect(told(stream)).toEqual([['ended', { reason: 'logout' }]]);
    }
    expect([strangers.isOpen, told(strangers)]).toEqual([true, []]);
  });

  it('B18, L10: because its refresh token is dead says refresh_token_rejected', async () => {
    const stream = await openedStream(browser, other);
    turnClock(280);
    scene.hostile.lies = { refresh: { status: 400, body: { error: 'invalid_grant' } } };
    await script(browser, `${scene.parlour.url}/api/orders`);
    await stream.ended();
    expect(told(stream)).toEqual([['ended', { reason: 'refresh_token_rejected' }]]);
  });

  it('L10: by a login in the same browser ends the streams without a word: that browser has another cookie', async () => {
    const stream = await openedStream(browser, other);
    await loggedIn(scene.parlour.url, browser);
    await stream.ended();
    expect(told(stream)).toEqual([]);
    expect((await openedStream(browser, other)).isOpen).toBe(true);
  });

  it('L10: while nobody was connected is told to whoever comes back with its cookie, at every instance, for ten minutes', async () => {
    const gone = browser.clone();
    await logout();
    for (const instance of [scene.parlour, other]) {
      const stream = await openStream(gone, instance, { 'Last-Event-ID': String(Date.now() - 5000) });
      await stream.ended();
      expect([stream.response.statusCode, told(stream)]).toEqual([200, [['ended', { reason: 'logout' }]]]);
    }
    turnClock(601);
    expect((await openStream(gone, other)).response.statusCode).toBe(401);
  });

  it('R10: is brought back by nothing of what it left', async () => {
    const gone = browser.clone();
    await logout();
    await (await openStream(gone, scene.parlour)).ended();
    expect(await isLoggedIn(gone, scene.parlour)).toBe(false);
    expect((await script(gone, `${scene.parlour.url}/api/orders`)).json()).toMatchObject({ code: 'not_authenticated' });
    expect(await storage().get(`${keyOf(gone)}:session`)).toBeUndefined();
    expect(await storage().get(`${keyOf(gone)}:ended`)).toBeDefined();
  });

  it('L10: says 401 to a copy of a cookie that a login has replaced: there’s nothing to tell', async () => {
    const copy = browser.clone();
    await loggedIn(scene.parlour.url, browser);
    expect((await openStream(copy, scene.parlour)).response.statusCode).toBe(401);
  });

  it('L10: between the request and the subscription isn’t missed', async () => {
    const real = storage().subscribe.bind(storage());
    jest.spyOn(storage(), 'subscribe').mockImplementationOnce(async (...given) => {
      await logout();
      return real(...given);
    });
    const stream = await openStream(browser.clone(), scene.parlour);
    await stream.ended();
    expect(told(stream)).toEqual([['ended', { reason: 'logout' }]]);
  });

  it('L10: is found by a look at the records when notices were missed', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    const stream = await openedStream(browser, scene.parlour);
    jest.spyOn(other.server.app.get<Storage>(STORAGE), 'publish').mockResolvedValue();
    await script(browser, `${other.url}/logout`, { method: 'POST' });
    expect(stream.isOpen).toBe(true);
    subscribed.mock.calls[0]?.[1].missed();
    await stream.ended();
    expect(told(stream)).toEqual([['ended', { reason: 'logout' }]]);
  });

  it('L10: without leaving a reason ends the streams all the same', async () => {
    const stream = await openedStream(browser, scene.parlour);
    for (const kind of ['session', 'tokens', 'seen']) await storage().delete(`${keyOf(browser)}:${kind}`);
    await storage().publish(`${keyOf(browser)}:notices`, '{"type":"refresh_failed"}');
    await stream.ended();
    expect(told(stream)).toEqual([]);
  });
});

describe('tokens that are refreshed', () => {
  async function refreshed() {
    turnClock(280);
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
  }
  const view = {
    expiresAt: expect.stringMatching(time),
    idleExpiresAt: expect.stringMatching(time),
    refreshable: true,
  };

  it('are told to every instance, with what /session says', async () => {
    const streams = [await openedStream(browser, scene.parlour), await openedStream(browser, other)];
    await refreshed();
    const { session } = (await script(browser, `${other.url}/session`)).json();
    for (const stream of streams) {
      expect((await stream.next('refreshed')).data).toEqual({ session });
      expect(told(stream)).toEqual([['refreshed', { session: view }]]);
    }
  });

  it('while nobody was connected are told to who says since when, once', async () => {
    const before = await openedStream(browser, scene.parlour);
    const id = String(Number(/^id: (\d+)$/m.exec(before.text)?.[1]));
    before.close();
    await refreshed();
    turnClock(1);
    const again = await openedStream(browser, other, { 'Last-Event-ID': id });
    const { id: latest } = await again.next('refreshed');
    again.close();
    const third = await openedStream(browser, other, { 'Last-Event-ID': String(latest) });
    const fresh = await openedStream(browser, other);
    expect([told(third), told(fresh)]).toEqual([[], []]);
  });

  it.each(['', 'x', '-1', '1e3', '9'.repeat(400), '1, 2'])('S1: a Last-Event-ID of %j is as good as none', async id => {
    const stream = await openedStream(browser, scene.parlour, { 'Last-Event-ID': id });
    expect([stream.response.statusCode, told(stream)]).toEqual([200, []]);
  });

  it('have ids that grow although the clock stands still', async () => {
    turnClock(0);
    const stream = await openedStream(browser, scene.parlour);
    for (let count = 0; count < 2; count++) {
      await refreshed();
      await stream.next('refreshed');
    }
    await logout();
    await stream.ended();
    const ids = [Number(/^id: (\d+)$/m.exec(stream.text)?.[1]), ...stream.events.map(({ id }) => id)];
    expect(ids.length).toBe(4);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });
});

describe('while the storage is gone', () => {
  it('R6: a stream ends without a word, and who comes back is told when to try again', async () => {
    const broken = await startScene();
    const visitor = await broken.login();
    const brokenStorage = broken.parlour.server.app.get<Storage>(STORAGE);
    const subscribed = jest.spyOn(brokenStorage, 'subscribe');
    const stream = await openedStream(visitor, broken.parlour);
    await brokenStorage.close();
    subscribed.mock.calls[0]?.[1].missed();
    await stream.ended();
    expect(told(stream)).toEqual([]);
    const answer = await script(visitor, `${broken.parlour.url}/session/events`);
    expect([answer.status, answer.json()['code'], answer.headers['retry-after']]).toEqual([
      503,
      'storage_unavailable',
      '5',
    ]);
    await broken.close();
  });
});
