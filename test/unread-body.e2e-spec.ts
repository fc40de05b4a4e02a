import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Pair, startPair } from './login-flow.js';
import { rawRequest } from './support/http-browser.js';
import { until } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
afterEach(() => {
  jest.useRealTimers();
});

const host = () => `Host: localhost:${pair.parlour.port}`;
const lingering = 5000;

/** Timers of this process stand still; sockets, clocks and all else go on. */
function stopTimers(): void {
  const others = [
    'Date',
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
  ] as const;
  jest.useFakeTimers({ doNotFake: [...others, 'setInterval', 'clearInterval'] });
}

/** A client that has said it would send more than it does. */
async function begin(
  body: string,
  length: number,
  line = 'POST /logout HTTP/1.1',
  answer = 'csrf_header_missing',
): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(pair.parlour.port, '127.0.0.1');
  let text = '';
  socket.on('data', chunk => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${line}\r\n${host()}\r\nContent-Length: ${length}\r\n\r\n${body}`);
  await until('it’s answered', () => text.includes(answer));
  return { socket, received: () => text };
}

describe('a body that comes after the answer', () => {
  it('S1: is read on for a while, and then a trickle of it holds the connection no longer', async () => {
    stopTimers();
    const { socket } = await begin('a', 1_000_000_000);
    jest.advanceTimersByTime(lingering - 1);
    socket.write('b');
    await rawRequest({ port: pair.parlour.port, lines: ['GET /session HTTP/1.1', host()] });
    expect(socket.readableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    // Node itself ends a connection that is silent
    await until('the connection is cut', () => socket.destroyed || void socket.write('c'));
  });

  it('S1: also where nobody refused it', async () => {
    stopTimers();
    const { socket } = await begin('a', 1_000_000_000, 'GET /session HTTP/1.1\r\nX-CSRF: 1', 'authenticated');
    jest.advanceTimersByTime(lingering - 1);
    socket.write('b');
    await rawRequest({ port: pair.parlour.port, lines: ['GET /session HTTP/1.1', host()] });
    expect(socket.readableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await until('the connection is cut', () => socket.destroyed || void socket.write('c'));
  });

  it('S1: and to its end keeps the connection for the next request', async () => {
    stopTimers();
    const { socket, received } = await begin('a'.repeat(10), 20);
    socket.write(`${'a'.repeat(10)}GET /session HTTP/1.1\r\n${host()}\r\nX-CSRF: 1\r\n\r\n`);
    await until('the next request is answered', () => received().includes('{"authenticated":false}'));
    jest.advanceTimersByTime(lingering * 2);
    socket.write(`GET /session HTTP/1.1\r\n${host()}\r\nX-CSRF: 1\r\n\r\n`);
    await until('one more is', () => received().split('{"authenticated":false}').length === 3);
    socket.destroy();
  });
});

describe('what the first middleware refuses', () => {
  const refused = (path: string, ...fields: string[]) =>
    rawRequest({
      port: pair.parlour.port,
      lines: [`GET ${path} HTTP/1.1`, host(), host(), 'Accept: text/html', ...fields],
    });

  it('S1: is logged with the path that was asked for', async () => {
    for (const path of ['/', '/login', '/api/orders', '/deep/er/']) {
      await refused(`${path}?x=y`);
      const { path: logged } = pair.parlour.events('request_refused').at(-1) ?? {};
      expect(logged).toBe(path);
    }
  });

  it('S1: leads back to the login who wanted to go there, and everybody else to the app', async () => {
    expect((await refused('/login')).body).toMatch(/href="\/login"/);
    expect((await refused('/orders')).body).not.toMatch(/href="\/login"/);
  });
});
