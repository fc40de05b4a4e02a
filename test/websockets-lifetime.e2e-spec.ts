import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { Events, STORAGE, type Storage } from '../src/bff/index.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import type { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { type Scene, script, startScene, turnClock } from './support/scene.js';
import { closed, closeWebSockets, echoed, openWebSocket, refusal } from './support/web-socket.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

const SECOND = 1000;
/** More than all buffers between the two ends hold. */
const MUCH = 40 * 1024 * 1024;
let scene: Scene;
let other: Parlour;
let api: WebSocketApi;
let browser: HttpBrowser;

beforeAll(async () => {
  api = await startWebSocketApi();
  const apiRoutes = [{ path: '/api', upstream: api.url, webSocket: true }];
  scene = await startScene({ API_ROUTES: '' }, { apiRoutes });
  other = await scene.another();
});
afterAll(async () => {
  await scene.close();
  await api.close();
});
beforeEach(async () => {
  browser = await scene.login();
});
afterEach(() => {
  api.instead = undefined;
  closeWebSockets();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const open = ({ url } = scene.parlour, who = browser) => openWebSocket({ url: `${url}/api/x`, browser: who });
const logout = ({ url } = scene.parlour) => script(browser, `${url}/logout`, { method: 'POST' });
const gauge = async ({ server } = scene.parlour) =>
  /^parlour_web_sockets\{frontend="default"\} (\d+)/m.exec(await server.app.get(Events).registry.metrics())?.[1];

/** The newest of the API's ends. */
function atApi(): WebSocket {
  const newest = [...api.sockets].at(-1);
  if (!newest) throw new Error('no socket has reached the API');
  return newest;
}

describe('an open WebSocket', () => {
  it('L10: is closed within a second of its session’s end, whatever instance that is at, and says why; others go on', async () => {
    const sockets = [await open(), await open(other)];
    const ends = [...api.sockets].slice(-2).map(closed);
    const stranger = await open(scene.parlour, await scene.login());
    const began = performance.now();
    const closes = sockets.map(closed);
    await logout(other);
    expect(await Promise.all(closes)).toEqual(sockets.map(() => [3000, 'session_ended']));
    expect(performance.now() - began).toBeLessThan(SECOND);
    expect(await Promise.all(ends)).toEqual(ends.map(() => [1001, '']));
    expect(await echoed(stranger, 'x')).toBe('x');
    expect(scene.events('web_socket_closed').slice(-2)).toMatchObject([{ route: '/api' }, { route: '/api' }]);
    expect(await gauge()).toBe('1');
  });

  it('L10: is cut off in the midst of a frame, which nothing of ours completes', async () => {
    let connection: Duplex | undefined;
    api.instead = (_request, raw, accept) => {
      connection = raw;
      accept();
    };
    const socket = await open();
    let heard = 0;
    socket.on('message', () => heard++);
    // three bytes of twenty: a Close frame of ours would fill it
    connection?.write(Buffer.from([0x82, 20, 1, 2, 3]));
    expect(await echoed(await open(), 'x')).toBe('x');
    const close = closed(socket);
    await logout();
    expect([await close, heard]).toEqual([[1006, ''], 0]);
  });

  it('L10: that says no more and reads no more is gone all the same', async () => {
    const socket = await open();
    socket.pause();
    const end = closed(atApi());
    await logout();
    await end;
    await until('it’s gone', async () => (await gauge()) === '0');
  });

  it('L10, R6: is closed when nobody can tell whether its session lives', async () => {
    const lost = await scene.another();
    const storage = lost.server.app.get<Storage>(STORAGE);
    const subscribed = jest.spyOn(storage, 'subscribe');
    const close = closed(await open(lost));
    // what is closed refuses to be read
    await storage.close();
    for (const [, observer] of subscribed.mock.calls) observer.missed();
    expect(await close).toEqual([3000, 'session_ended']);
  });

  it('B21: slides no idle deadline, neither by its handshake nor by its messages', async () => {
    const { url } = scene.parlour;
    const before = (await script(browser, `${url}/session`)).body;
    turnClock(300);
    expect(await echoed(await open(), 'x')).toBe('x');
    expect((await script(browser, `${url}/session`)).body).toBe(before);
  });

  it('S1: waits for an end that doesn’t read, and keeps no more than the connections do', async () => {
    const socket = await open();
    for (const [from, to] of [
      [atApi(), socket],
      [socket, atApi()],
    ] as const) {
      to.pause();
      from.send(Buffer.alloc(MUCH), { compress: false });
      let before = Infinity;
      await until('nothing moves', async () => {
        await new Promise(resolve => setTimeout(resolve, 100));
        const now = from.bufferedAmount;
        return before === now || !((before = now) >= 0);
      });
      expect(from.bufferedAmount).toBeGreaterThan(MUCH / 2);
      const heard = new Promise<Buffer>(resolve => to.once('message', data => resolve(data as Buffer)));
      to.resume();
      expect((await heard).length).toBe(MUCH);
      from.removeAllListeners('message');
      atApi().removeAllListeners('message');
    }
  });

  it('is closed with 1001 when the server shuts down, which waits for none', async () => {
    const third = await scene.another();
    const socket = await open(third);
    const close = closed(socket);
    const began = performance.now();
    await third.close();
    expect(await close).toEqual([1001, '']);
    expect(performance.now() - began).toBeLessThan(5 * SECOND);
  });
});

describe('a handshake under way', () => {
  it('is cut off with all else when a shutdown has waited as long as it may', async () => {
    const third = await scene.another({ SHUTDOWN_TIMEOUT: '1' });
    const arrived = new Promise<void>(resolve => {
      api.instead = () => resolve();
    });
    const answer = refusal({ url: `${third.url}/api/x`, browser });
    await arrived;
    const began = performance.now();
    await Promise.all([third.close(), expect(answer).rejects.toThrow(/hang up|reset/)]);
    expect(performance.now() - began).toBeLessThan(5 * SECOND);
  });

  it('gets a socket that closes at once when its server is shutting down', async () => {
    const third = await scene.another();
    const arrived = new Promise<() => void>(resolve => {
      api.instead = (_request, _socket, accept) => resolve(accept);
    });
    const opening = openWebSocket({ url: `${third.url}/api/x`, browser });
    const accept = await arrived;
    const left = third.close();
    accept();
    expect(await closed(await opening)).toEqual([1001, '']);
    await left;
  });

  it('R13: gets no socket when its session has ended meanwhile', async () => {
    const arrived = new Promise<() => void>(resolve => {
      api.instead = (_request, _socket, accept) => resolve(accept);
    });
    const answer = refusal({ url: `${scene.parlour.url}/api/x`, browser });
    const accept = await arrived;
    await logout();
    accept();
    expect(await answer).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('R6: gets no socket when nobody can tell whether its session lives', async () => {
    const storage = scene.parlour.server.app.get<Storage>(STORAGE);
    jest.spyOn(storage, 'subscribe').mockRejectedValue(new StorageUnavailable('gone'));
    const answer = await refusal({ url: `${scene.parlour.url}/api/x`, browser });
    expect([answer.status, answer.code]).toEqual([503, 'storage_unavailable']);
  });
});
