import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import {
  cameWhole,
  closeServer,
  listen,
  portOf,
  type ProxyApplication,
  type RecordingApi,
  startApi,
  startProxyApplication,
} from './api-proxy-application.js';
import { until } from './support/parlour.js';

const MEGABYTE = Buffer.alloc(1 << 20, 'x');
let api: RecordingApi;
let silent: TcpServer;
const silentSockets = new Set<Socket>();
let app: ProxyApplication;

beforeAll(async () => {
  api = await startApi();
  silent = createServer(socket => silentSockets.add(socket.on('error', () => undefined)));
  await listen(silent);
  app = await startProxyApplication([
    { path: '/api/things', upstream: api.origin },
    { path: '/api/hasty', upstream: api.origin, timeout: 1 },
    { path: '/api/silent', upstream: `https://127.0.0.1:${portOf(silent)}`, timeout: 1 },
  ]);
});
beforeEach(() => {
  api.reset();
  app.forgetLog();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  for (const socket of silentSockets) socket.destroy();
  await app.close();
  await Promise.all([api.close(), closeServer(silent)]);
});

/** A request by a client that tells of every step, with session and custom header. */
function open(path: string, method = 'GET', headers: Record<string, string> = {}) {
  const all = { Cookie: app.cookie, 'X-CSRF': '1', ...headers };
  return httpRequest({
    host: '127.0.0.1',
    port: app.port,
    path,
    method,
    headers: { Host: `localhost:${app.port}`, ...all },
  });
}

async function answerOf(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  const [response] = await once(request, 'response');
  return response;
}

/** Resolves with the API's side of the next request. */
function nextAtApi(): Promise<{ request: IncomingMessage; response: ServerResponse }> {
  return new Promise(resolve => {
    api.takeOver = (request, response) => resolve({ request, response });
  });
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

/** Such events since the test began, as soon as there's one. */
async function logged(event: string) {
  await until(`${event} is logged`, () => app.events(event).length > 0);
  return app.events(event);
}

describe('streaming', () => {
  it('an answer’s head and each part of it come through as the API writes them', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things/events').end();
    const { response } = await atApi;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Name': 'caf\xe9' }).write('', 'latin1');
    const answer = await answerOf(request);
    expect(answer.headers['x-name']).toBe('caf\xe9');
    const parts = answer[Symbol.asyncIterator]();
    for (const part of ['data: 1\n\n', 'data: 2\n\n']) {
      response.write(part);
      expect(String((await parts.next()).value)).toBe(part);
    }
    response.end();
    expect((await parts.next()).done).toBe(true);
  });

  it('each part of a body reaches the API as the browser writes it', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things', 'POST');
    request.write('one');
    const { request: arriving, response } = await atApi;
    expect(arriving.headers['transfer-encoding'] ?? arriving.httpVersion).toMatch(/^(?:chunked|2\.0)$/);
    expect(arriving.headers).not.toHaveProperty('content-length');
    const parts = arriving[Symbol.asyncIterator]();
    expect(String((await parts.next()).value)).toBe('one');
    request.write('two');
    expect(String((await parts.next()).value)).toBe('two');
    request.end();
    expect((await parts.next()).done).toBe(true);
    response.end('done');
    expect(await text(await answerOf(request))).toBe('done');
  });

  it('an event stream may be silent for longer than the route’s timeout', async () => {
    const atApi = nextAtApi();
    const request = open('/api/hasty').end();
    const { response } = await atApi;
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).write('data: 1\n\n');
    setTimeout(() => response.end('data: 2\n\n'), 1600);
    expect(await text(await answerOf(request))).toBe('data: 1\n\ndata: 2\n\n');
  });

  it('a slow reader holds the API back: no body is kept here', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things').end();
    const { response } = await atApi;
    response.writeHead(200, { 'Content-Length': String(64 * MEGABYTE.length) }).flushHeaders();
    const answer = await answerOf(request);
    answer.pause();
    let written = 0;
    const write = () => {
      while (written < 64 && response.write(MEGABYTE)) written++;
      if (++written < 64) response.once('drain', write);
      else response.end();
    };
    write();
    await standstill(() => written);
    expect(written).toBeLessThan(40);
    let read = 0;
    for await (const chunk of answer) read += chunk.length;
    expect(read).toBe(64 * MEGABYTE.length);
  });

  it('a slow API holds the browser back: no upload is kept here', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things', 'POST', { 'Content-Length': String(64 * MEGABYTE.length) });
    let sent = 0;
    Readable.from(megabytes(64, () => sent++)).pipe(request);
    const { request: arriving, response } = await atApi;
    await standstill(() => sent);
    expect(sent).toBeLessThan(40);
    let read = 0;
    for await (const chunk of arriving) read += chunk.length;
    expect(read).toBe(64 * MEGABYTE.length);
    response.end();
    await answerOf(request);
  });
});

describe('somebody leaves', () => {
  it('the API hears of a browser that leaves before the answer', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things')
      .on('error', () => undefined)
      .end();
    const { response } = await atApi;
    request.destroy();
    await once(response, 'close');
  });

  it('the API hears of a browser that leaves during the answer', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things').end();
    const { response } = await atApi;
    response.write('some');
    const answer = await answerOf(request);
    answer.on('error', () => undefined).destroy();
    await once(response, 'close');
    expect(app.events('api_failed')).toEqual([]);
  });

  it('the API hears of a browser that leaves during its upload', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things', 'POST', { 'Content-Length': '9' }).on('error', () => undefined);
    request.write('some');
    const { request: arriving } = await atApi;
    arriving.on('error', () => undefined).resume();
    await once(arriving, 'data');
    const closed = new Promise(resolve => arriving.on('close', resolve));
    request.destroy();
    await closed;
    expect(cameWhole(arriving)).toBe(false);
  });

  it.each([
    ['with a length', { 'Content-Length': '9' }],
    ['chunked', {}],
  ])('S1: an answer (%s) that the API breaks off has no regular end', async (_name, headers) => {
    const atApi = nextAtApi();
    const request = open('/api/things').end();
    const { response } = await atApi;
    response.writeHead(200, headers).write('some');
    const answer = await answerOf(request);
    response.socket?.destroy();
    await expect(text(answer)).rejects.toThrow('aborted');
    const [failed] = await logged('api_failed');
    expect(failed).toMatchObject({ code: 'api_unreachable', route: '/api/things' });
    expect(failed).toHaveProperty('reason', expect.stringMatching(/^(?:UND_ERR_SOCKET|RST_STREAM NO_ERROR)$/));
  });

  it('an API that answers before it has read the upload is heard', async () => {
    api.takeOver = (_request, response) => response.writeHead(413).end('too large');
    const request = open('/api/things', 'POST', { 'Content-Length': String(32 * MEGABYTE.length) });
    Readable.from(megabytes(32)).pipe(request);
    const answer = await answerOf(request);
    expect([answer.statusCode, await text(answer)]).toEqual([413, 'too large']);
  });

  it('an upload to an API that breaks off ends in a 502 that the browser can read', async () => {
    api.takeOver = request => request.socket.destroy();
    const request = open('/api/things', 'POST', { 'Content-Length': String(8 * MEGABYTE.length) });
    Readable.from(megabytes(8)).pipe(request);
    const answer = await answerOf(request);
    expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([502, 'api_unreachable']);
    expect(api.arrived).toHaveLength(1);
  });
});

describe('the route’s timeout', () => {
  const codeOf = (body: string): unknown => JSON.parse(body).code;

  it('S1: an API that doesn’t answer is a 504, and hears that nobody waits any more', async () => {
    const atApi = nextAtApi();
    const refused = app.fetch('/api/hasty');
    const { response } = await atApi;
    const closed = once(response, 'close');
    expect([(await refused).status, codeOf((await refused).body)]).toEqual([504, 'api_timeout']);
    await closed;
    const [failed] = await logged('api_failed');
    expect(failed).toMatchObject({
      code: 'api_timeout',
      route: '/api/hasty',
      reason: 'ETIMEDOUT',
    });
  });

  it('S1: one whose connection never comes about is a 504', async () => {
    const refused = await app.fetch('/api/silent');
    expect([refused.status, codeOf(refused.body)]).toEqual([504, 'api_timeout']);
  });

  it('S1: one that doesn’t take the upload is a 504', async () => {
    api.takeOver = request => request.pause();
    const request = open('/api/hasty', 'POST', { 'Content-Length': String(32 * MEGABYTE.length) });
    Readable.from(megabytes(32)).pipe(request);
    const answer = await answerOf(request);
    expect([answer.statusCode, codeOf(await text(answer))]).toEqual([504, 'api_timeout']);
  });

  it('S1: one that stops in the middle of its answer is broken off', async () => {
    const atApi = nextAtApi();
    const request = open('/api/hasty').end();
    (await atApi).response.writeHead(200, { 'Content-Length': '9' }).write('some');
    await expect(text(await answerOf(request))).rejects.toThrow('aborted');
    const [failed] = await logged('api_failed');
    expect(failed).toMatchObject({ code: 'api_timeout', route: '/api/hasty' });
  });

  it('a browser that is slow to send or read is no fault of the API’s', async () => {
    const atApi = nextAtApi();
    const request = open('/api/hasty', 'POST', { 'Content-Length': '2' });
    request.write('a');
    const { request: arriving, response } = await atApi;
    setTimeout(() => request.end('b'), 1600);
    expect(await text(arriving)).toBe('ab');
    response.writeHead(200, { 'Content-Length': String(32 * MEGABYTE.length) });
    Readable.from(megabytes(32)).pipe(response);
    const answer = await answerOf(request);
    answer.pause();
    setTimeout(() => answer.resume(), 1600);
    let read = 0;
    for await (const chunk of answer) read += chunk.length;
    expect(read).toBe(32 * MEGABYTE.length);
  });
});

describe('an API that refuses the token', () => {
  /** All clocks here are that many seconds ahead: a token is refused some time after the login, not at once. */
  const later = (seconds: number) => {
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
  };
  const refreshes = () => app.authorizationServer.count('token', 'refresh_token');
  const refuse = (response: ServerResponse) =>
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('refused');

  it('R12: gets the call once more with a fresh token, where it had no body', async () => {
    later(40);
    const old = app.accessToken;
    api.reply = (request, response) =>
      request.headers.authorization === `Bearer ${old}` ? refuse(response) : response.end('fine');
    const before = refreshes();
    expect(await app.fetch('/api/things/1?a', { headers: { 'X-Mine': '1' } })).toMatchObject({
      status: 200,
      body: 'fine',
    });
    expect(refreshes() - before).toBe(1);
    expect(app.accessToken).not.toBe(old);
    expect(api.arrived.map(({ url, headers }) => [url, headers['x-mine'], headers.authorization])).toEqual([
      ['/1?a', '1', `Bearer ${old}`],
      ['/1?a', '1', `Bearer ${app.accessToken}`],
    ]);
  });

  it('R12: that always answers 401 causes one forced refresh in 30 s, and its 401 passes without the challenge', async () => {
    later(80);
    api.reply = (_request, response) => refuse(response);
    const before = refreshes();
    for (let count = 0; count < 5; count++) {
      const hop = await app.fetch('/api/things');
      expect(hop).toMatchObject({ status: 401, body: 'refused' });
      expect(hop.headers).not.toHaveProperty('www-authenticate');
    }
    expect(refreshes() - before).toBe(1);
    expect(api.arrived).toHaveLength(6);
  });
});

/** That many megabytes, each told as it's taken. */
function* megabytes(count: number, taken: () => void = () => undefined) {
  for (let index = 0; index < count; index++) {
    taken();
    yield MEGABYTE;
  }
}

/** Waits until a count has started and then hasn't moved for 300 ms. */
async function standstill(count: () => number): Promise<void> {
  let last = 0;
  let since = performance.now();
  await until('nothing moves', () => {
    if (count() !== last) since = performance.now();
    last = count();
    return last > 0 && performance.now() - since > 300;
  });
}
