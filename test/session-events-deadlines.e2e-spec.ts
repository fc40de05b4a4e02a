import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { STORAGE, type Storage } from '../src/bff/index.js';
import type { HttpBrowser } from './support/http-browser.js';
import type { Parlour } from './support/parlour.js';
import { loggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';
import { closeStreams, openedStream, openStream, type SessionStream } from './support/session-stream.js';

const SECOND = 1000;
const HOUR = 3600;
let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ SESSION_IDLE_TIMEOUT: String(HOUR), SESSION_ABSOLUTE_TIMEOUT: String(2 * HOUR) });
  scene.hostile.accessTokenLifetime = 4 * HOUR;
});
afterAll(() => scene.close());
afterEach(() => {
  closeStreams();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const act = (browser: HttpBrowser, { url } = scene.parlour) => script(browser, `${url}/api/orders`);
const told = ({ events }: SessionStream) => events.map(({ event }) => event);
const isoIn = (seconds: number) => new Date(Date.now() + seconds * SECOND).toISOString();

describe('a deadline that is near', () => {
  it('is told a minute ahead, with the seconds that are left', async () => {
    turnClock(0);
    const browser = await scene.login();
    turnClock(HOUR - 61);
    expect(told(await openedStream(browser, scene.parlour))).toEqual([]);
    turnClock(1);
    const near = await openedStream(browser, scene.parlour);
    expect((await near.next('expiring')).data).toEqual({ secondsLeft: 60, expiresAt: isoIn(60) });
    turnClock(48.5);
    const nearer = await openedStream(browser, scene.parlour);
    expect((await nearer.next('expiring')).data).toEqual({ secondsLeft: 12, expiresAt: isoIn(11.5) });
  });

  it('is told once, although the other stream’s opening had the records looked at again', async () => {
    turnClock(0);
    const browser = await scene.login();
    turnClock(HOUR - 30);
    const stream = await openedStream(browser, scene.parlour);
    await openedStream(browser, scene.parlour);
    expect(told(stream)).toEqual(['expiring']);
  });

  it('is told to be over with when a request of another instance slides it', async () => {
    const other = await scene.another();
    turnClock(0);
    const browser = await scene.login();
    turnClock(HOUR - 30);
    const stream = await openedStream(browser, scene.parlour);
    await act(browser, other);
    const { data } = await stream.next('refreshed');
    expect(data['session']).toMatchObject({ idleExpiresAt: isoIn(HOUR) });
    expect(told(stream)).toEqual(['expiring', 'refreshed']);
  });

  it('is the absolute one where that comes first', async () => {
    turnClock(0);
    const browser = await scene.login();
    for (let passed = 0; passed < 2 * HOUR - 1800; passed += 1800) {
      turnClock(1800);
      expect((await act(browser)).status).toBe(200);
    }
    turnClock(1800 - 20);
    const stream = await openedStream(browser, scene.parlour);
    expect((await stream.next('expiring')).data).toEqual({ secondsLeft: 20, expiresAt: isoIn(20) });
  });

  it('B21: a slide says nothing to the other processes while it’s far', async () => {
    turnClock(0);
    const browser = await scene.login();
    const said = jest.spyOn(scene.parlour.server.app.get<Storage>(STORAGE), 'publish');
    turnClock(600);
    await act(browser);
    expect(said).not.toHaveBeenCalled();
  });
});

describe('a deadline that is reached while a stream is open', () => {
  const SHORT = 3;
  let idle: Parlour;
  let absolute: Parlour;
  beforeAll(async () => {
    idle = await scene.another({ SESSION_IDLE_TIMEOUT: String(SHORT) });
    absolute = await scene.another({
      SESSION_IDLE_TIMEOUT: String(SHORT),
      SESSION_ABSOLUTE_TIMEOUT: String(SHORT),
    });
  });

  it('L10: says expiring, then ended with idle within a second; what comes back with the cookie gets 401', async () => {
    const began = performance.now();
    const browser = await loggedIn(idle.url);
    const stream = await openedStream(browser, idle);
    const took = (await stream.ended()) - began;
    expect(took).toBeLessThan((SHORT + 1) * SECOND);
    expect(stream.events).toMatchObject([
      { event: 'expiring', data: { secondsLeft: 1 } },
      { event: 'ended', data: { reason: 'idle' } },
    ]);
    expect((await openStream(browser, idle)).response.statusCode).toBe(401);
  });

  it('L10: ends with absolute, however busy the user is', async () => {
    const browser = await loggedIn(absolute.url);
    const stream = await openedStream(browser, absolute);
    await stream.next('expiring');
    expect((await act(browser, absolute)).status).toBe(200);
    await stream.ended();
    expect(stream.events).toMatchObject([{ event: 'expiring' }, { event: 'ended', data: { reason: 'absolute' } }]);
  });

  it('L10: that has slid unheard isn’t taken for an end: the records are looked at first', async () => {
    const browser = await loggedIn(idle.url);
    const stream = await openedStream(browser, idle);
    await stream.next('expiring');
    jest.spyOn(idle.server.app.get<Storage>(STORAGE), 'publish').mockResolvedValue();
    await act(browser, idle);
    await stream.next('refreshed');
    await stream.ended();
    expect(told(stream)).toEqual(['expiring', 'refreshed', 'expiring', 'ended']);
  });
});
