import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { EventStream } from '../src/bff/session/event-stream.js';
import { portOf } from './api-proxy-application.js';
import { listen } from './support/hostile-authorization-server.js';
import { until } from './support/parlour.js';
import { startProcess } from './support/parlour-process.js';
import { loggedIn, type Scene, script, startScene } from './support/scene.js';
import { closeStreams, openedStream } from './support/session-stream.js';

const SECOND = 1000;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
afterEach(() => {
  closeStreams();
  jest.restoreAllMocks();
});

describe('a stream of which nothing is to be said', () => {
  it('L10: says a sign of life within 20 s, and finds at the same time an end that nobody told', async () => {
    const [kept, lost] = [await scene.login(), await scene.login()];
    const [living, over] = [await openedStream(kept, scene.parlour), await openedStream(lost, scene.parlour)];
    const opened = performance.now();
    const before = living.text;
    jest.spyOn(scene.parlour.server.app.get<Storage>(STORAGE), 'publish').mockResolvedValue();
    await script(lost, `${scene.parlour.url}/logout`, { method: 'POST' });
    expect([over.isOpen, living.text]).toEqual([true, before]);
    await over.ended(20 * SECOND);
    expect(over.events).toMatchObject([{ event: 'ended', data: { reason: 'logout' } }]);
    await until('the other lives', () => living.text === `${before}:\n\n`);
    expect(performance.now() - opened).toBeLessThan(20 * SECOND);
  }, 40_000);
});

describe('SIGTERM', () => {
  it('ends the streams at once, so that it isn’t held up for as long as requests may take', async () => {
    const { hostile } = scene;
    const parlour = await startProcess(hostile.issuer, { SHUTDOWN_TIMEOUT: '60' });
    const browser = await loggedIn(parlour.url);
    const streams = [await openedStream(browser, parlour), await openedStream(browser, parlour)];
    const { code, took } = await parlour.stop('SIGTERM');
    expect(code).toBe(0);
    expect(took).toBeLessThan(10 * SECOND);
    for (const stream of streams) await stream.ended();
    expect(streams.flatMap(({ events }) => events)).toEqual([]);
  });
});

describe('a reader that doesn’t read', () => {
  let server: Server;
  beforeAll(() => {
    server = createServer();
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Our side of a stream whose client has stopped reading. */
  async function unread(): Promise<{ response: ServerResponse; stream: EventStream }> {
    const port = server.listening ? portOf(server) : await listen(server);
    const asked = once(server, 'request');
    get({ port, host: '127.0.0.1' }, (answer: IncomingMessage) => answer.pause()).on('error', () => {});
    const [, response] = (await asked) as [IncomingMessage, ServerResponse];
    const stream = new EventStream(response);
    stream.beat();
    return { response, stream };
  }

  it('S1: is dropped as soon as some events wait for it, and costs no more memory than they', async () => {
    const { response, stream } = await unread();
    const event = { filler: 'x'.repeat(10_000) };
    let longest = 0;
    for (let sent = 0; sent < 100_000 && !response.destroyed; sent++) {
      longest = Math.max(longest, response.writableLength);
      stream.send('refreshed', event);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(response.destroyed).toBe(true);
    expect(longest).toBeLessThan(80_000);
  });

  it('L10: is cut off a second after its stream’s end', async () => {
    const { response, stream } = await unread();
    while (response.writableLength < 1_000_000) {
      response.write('x'.repeat(100_000));
      await new Promise(resolve => setImmediate(resolve));
    }
    const began = performance.now();
    stream.end();
    await once(response, 'close', { signal: AbortSignal.timeout(5 * SECOND) });
    expect(response.writableFinished).toBe(false);
    expect(performance.now() - began).toBeLessThan(3 * SECOND);
  });
});
