import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { STORAGE, type Storage } from '../src/bff/index.js';
import type { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { cookieHeader, loggedIn, type Scene, script, startScene } from './support/scene.js';
import { closeStreams, openedStream } from './support/session-stream.js';

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
  scene.api.reply = undefined;
  closeStreams();
  for (const answer of answers) answer.destroy();
  answers.clear();
  jest.restoreAllMocks();
});

const logoutAt = ({ url }: Parlour, who = browser) => script(who, `${url}/logout`, { method: 'POST' });

/** The API begins an answer of that type and leaves it open. */
function openEnded(type: string, first = 'data: 1\n\n'): Promise<ServerResponse> {
  return new Promise(resolve => {
    scene.api.reply = (_request, response) => {
      response.writeHead(200, { 'Content-Type': type }).write(first);
      resolve(response);
    };
  });
}

/** How it looks from both ends. */
async function streaming(type: string, parlour = scene.parlour, who = browser) {
  const begun = openEnded(type);
  const answer = await open(parlour, who);
  return { answer: answer.resume(), atApi: await begun };
}

/** `once` would take a stream that breaks off for a failure. */
async function closed(stream: IncomingMessage | ServerResponse): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('it’s still open')), 5 * SECOND);
    stream.once('close', () => resolve(clearTimeout(late)));
    if (stream.closed) resolve(clearTimeout(late));
  });
}

/** Of this test. */
const answers = new Set<IncomingMessage>();
async function open({ url }: Parlour, who: HttpBrowser): Promise<IncomingMessage> {
  const answer = await who.stream(`${url}/api/stream`, { page: `${url}/`, headers: { 'X-CSRF': '1' } });
  answers.add(answer.on('error', () => {}));
  return answer;
}

/** Neither end takes it for a regular one, and both hear of it in a second. */
async function brokenOff({ answer, atApi }: { answer: IncomingMessage; atApi: ServerResponse }): Promise<void> {
  const began = performance.now();
  await Promise.all([closed(answer), closed(atApi)]);
  expect(answer.complete).toBe(false);
  expect(performance.now() - began).toBeLessThan(SECOND);
}

describe('an API’s answer that is still streaming when its session ends', () => {
  it('L10: an event stream is broken off within a second, whatever instance the logout is at', async () => {
    const streams = [await streaming('text/event-stream'), await streaming('text/event-stream; charset=utf-8', other)];
    const stranger = await streaming('text/event-stream', scene.parlour, await scene.login());
    await logoutAt(other);
    await Promise.all(streams.map(brokenOff));
    expect([stranger.answer.closed, stranger.atApi.closed]).toEqual([false, false]);
    expect(scene.events('api_failed')).toEqual([]);
  });

  it('L10: any other is as soon as it has taken half a second', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    const began = performance.now();
    const download = await streaming('application/zip');
    await until('its session is watched', () => subscribed.mock.calls.length > 0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(SECOND / 2 - 5);
    await logoutAt(other);
    await brokenOff(download);
  });

  it('L10: one that the browser is slow to read is, too: what we still hold of it goes', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    scene.api.reply = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/zip' }).end(Buffer.alloc(32 << 20));
    };
    const { server } = scene.parlour;
    const answer = (await open(scene.parlour, browser)).pause();
    const connections = promisify((done: (error: Error | null, count: number) => void) =>
      server.app.getHttpServer().getConnections(done),
    );
    const before = await connections();
    await until('its session is watched', () => subscribed.mock.calls.length > 0);
    await logoutAt(other);
    await until('we have cut it off', async () => (await connections()) < before);
    await closed(answer.resume());
    expect(answer.complete).toBe(false);
  });

  it('L10: one whose session has ended before it began is, too', async () => {
    const held = Promise.withResolvers<void>();
    const arrived = new Promise<void>(resolve => {
      scene.api.reply = (_request, response) => {
        resolve();
        void held.promise.then(() => response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n\n'));
      };
    });
    const opening = open(scene.parlour, browser.clone());
    await arrived;
    await logoutAt(other);
    held.resolve();
    await expect(opening.then(answer => once(answer.resume(), 'end'))).rejects.toThrow(/hang up|aborted/);
  });
});

describe('a call that has no answer yet when its session ends', () => {
  /** What the app’s script sends, whose body isn’t whole yet. */
  function upload(who: HttpBrowser) {
    const { url } = scene.parlour;
    const headers = { Cookie: cookieHeader(who, url), 'X-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' };
    const request = httpRequest(`${url}/api/files`, { method: 'POST', headers });
    const answered = new Promise<[number | undefined, unknown]>((resolve, reject) => {
      request.on('error', reject).on('response', response => {
        json(response).then(body => resolve([response.statusCode, (body as { code?: unknown }).code]), reject);
      });
    });
    request.write('begins');
    return { request, answered };
  }

  it('L10: an upload is broken off, and says why', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    const arriving = new Promise<IncomingMessage>(resolve => {
      scene.api.reply = request => resolve(request.on('error', () => {}).resume());
    });
    const { request, answered } = upload(browser);
    const atApi = await arriving;
    await until('its session is watched', () => subscribed.mock.calls.length > 0);
    await logoutAt(other);
    expect(await answered).toEqual([401, 'session_ended']);
    await new Promise(resolve => (atApi.closed ? resolve(undefined) : atApi.once('close', resolve)));
    expect(atApi.complete).toBe(false);
    request.destroy();
  });

  it('L10: one that waits for the API’s answer gets none of it', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    const held = new Promise<ServerResponse>(resolve => {
      scene.api.reply = (_request, response) => resolve(response);
    });
    const answer = script(browser.clone(), `${scene.parlour.url}/api/poll`);
    const atApi = await held;
    await until('its session is watched', () => subscribed.mock.calls.length > 0);
    await logoutAt(other);
    const { status, body } = await answer;
    expect([status, JSON.parse(body).code]).toEqual([401, 'session_ended']);
    await closed(atApi);
  });
});

describe('deadlines', () => {
  const SHORT = 3;
  it.each([
    ['idle', { SESSION_IDLE_TIMEOUT: String(SHORT) }],
    ['absolute', { SESSION_IDLE_TIMEOUT: String(SHORT), SESSION_ABSOLUTE_TIMEOUT: String(SHORT) }],
  ])('L10: the %s one breaks off what is still streaming within a second', async (_which, environment) => {
    const hasty = await scene.another(environment);
    const began = performance.now();
    const who = await loggedIn(hasty.url);
    const { answer, atApi } = await streaming('text/event-stream', hasty, who);
    await closed(atApi);
    expect(performance.now() - began).toBeGreaterThan((SHORT - 1) * SECOND);
    expect(performance.now() - began).toBeLessThan((SHORT + 1) * SECOND);
    expect(answer.complete).toBe(false);
  });
});

describe('what the watch costs', () => {
  it('nothing for a short call', async () => {
    const subscribed = jest.spyOn(storage(), 'subscribe');
    const looked = jest.spyOn(storage(), 'getAll');
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    const reads = looked.mock.calls.length;
    expect(reads).toBeGreaterThan(0);
    expect((await script(browser, `${scene.parlour.url}/api/orders`)).status).toBe(200);
    expect(looked.mock.calls.length).toBe(2 * reads);
    expect(subscribed).not.toHaveBeenCalled();
  });

  it('one subscription for all streams of a session, which is over with the last', async () => {
    const unsubscribed = jest.fn();
    const real = storage().subscribe.bind(storage());
    const subscribed = jest.spyOn(storage(), 'subscribe').mockImplementation(async (...given) => {
      const subscription = await real(...given);
      return { close: () => (unsubscribed(), subscription.close()) };
    });
    const streams = [await streaming('text/event-stream'), await streaming('text/event-stream')];
    const own = await openedStream(browser, scene.parlour);
    await until('they are watched', () => subscribed.mock.calls.length > 0);
    expect(subscribed).toHaveBeenCalledTimes(1);
    for (const { answer } of streams) answer.destroy();
    for (const { atApi } of streams) await closed(atApi);
    expect(unsubscribed).not.toHaveBeenCalled();
    own.close();
    await until('nobody listens any more', () => unsubscribed.mock.calls.length > 0);
  });
});
