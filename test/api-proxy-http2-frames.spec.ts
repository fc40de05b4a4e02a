import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ProxyApplication, startProxyApplication } from './api-proxy-application.js';
import {
  CANCEL,
  data,
  END_STREAM,
  FrameApi,
  goaway,
  headers,
  INTERNAL_ERROR,
  NO_ERROR,
  REFUSED_STREAM,
  reset,
  settings,
} from './support/http2-frames.js';
import { until } from './support/parlour.js';

const MAX_CONCURRENT_STREAMS = 3;
const OK = { ':status': '200' };
const LONG = { ':status': '200', 'content-length': '9' };

/** An API that speaks HTTP/2, and lies. */
let api: FrameApi & { origin: string };
let app: ProxyApplication;

beforeAll(async () => {
  api = await FrameApi.start();
  app = await startProxyApplication(
    [
      { path: '/api/things', upstream: api.origin, http2: true },
      { path: '/api/once', upstream: api.origin, http2: true, replayBody: 0 },
      { path: '/api/hasty', upstream: api.origin, http2: true, timeout: 1 },
    ],
    { outbound: { timeout: 2 } },
  );
});
beforeEach(async () => {
  await api.reset();
  app.forgetLog();
});
afterAll(async () => {
  await app.close();
  await api.close();
});

function open(path: string, method = 'GET', more: Record<string, string> = {}) {
  const all = { Host: `localhost:${app.port}`, Cookie: app.cookie, 'X-CSRF': '1', ...more };
  const request = httpRequest({ host: '127.0.0.1', port: app.port, path, method, headers: all });
  return request.on('error', () => undefined);
}

async function answerOf(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  const [response] = await once(request, 'response');
  return response;
}

/** What a browser gets of a call: status and body, or that it was broken off. */
async function ask(
  path = '/api/things',
  method = 'GET',
  body = '',
): Promise<[status: number | undefined, body: string]> {
  const request = open(path, method, body ? { 'Content-Length': String(body.length) } : {}).end(body);
  const answer = await answerOf(request).catch(() => undefined);
  if (!answer) return [undefined, 'aborted'];
  return [answer.statusCode, await text(answer).catch(({ message }: Error) => message)];
}

const failures = () => app.events('api_failed').map(({ code, reason }) => [code, reason]);
/** In one piece, as a server that is in a hurry sends it. */
const send = (...frames: Buffer[]) => {
  api.answer = (stream, socket) => void socket.write(Buffer.concat(frames.map(each => on(stream, each))));
};
/** The same frame on the stream that the call came on. */
const on = (stream: number, each: Buffer) => {
  const copy = Buffer.from(each);
  if (copy.readUInt32BE(5) > 0) copy.writeUInt32BE(stream, 5);
  return copy;
};

/** An answer that has reached the browser as far as that; `all`: its body, when it has ended. */
async function begun(...frames: Buffer[]) {
  const arrived = new Promise<[number, Socket]>(resolve => {
    api.answer = (stream, socket) => resolve([stream, socket]);
  });
  const request = open('/api/things').end();
  const [stream, socket] = await arrived;
  for (const each of frames) socket.write(on(stream, each));
  const all = text(await answerOf(request));
  all.catch(() => {}); // whoever waits for it hears of it
  return { all, stream, socket };
}

describe('an answer’s end', () => {
  it.each([
    ['an empty one', [headers(1, END_STREAM, OK)], ''],
    ['a body', [headers(1, 0, OK), data(1, 'whole', END_STREAM)], 'whole'],
    ['trailers', [headers(1, 0, OK), data(1, 'whole'), headers(1, END_STREAM, { 'x-checksum': '1' })], 'whole'],
    ['a reset with NO_ERROR behind it', [headers(1, 0, OK), data(1, 'whole', END_STREAM), reset(1, NO_ERROR)], 'whole'],
  ])('is END_STREAM: %s', async (_what, frames, body) => {
    send(...frames);
    expect(await ask()).toEqual([200, body]);
  });

  const half = [headers(1, 0, OK), data(1, 'half')];
  const endings: [what: string, ...frames: Buffer[]][] = [
    ['a reset with NO_ERROR', ...half, reset(1, NO_ERROR)],
    ['a reset with CANCEL', ...half, reset(1, CANCEL)],
    ['a reset with INTERNAL_ERROR', ...half, reset(1, INTERNAL_ERROR)],
    ['a GOAWAY that is an error', ...half, goaway(1, INTERNAL_ERROR)],
    ['trailers that aren’t the end', ...half, headers(1, 0, { 'x-checksum': '1' })],
    ['a frame that is none', ...half, Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ];

  const ofLength: typeof endings = [
    ['a reset of one of a said length', headers(1, 0, LONG), data(1, 'half'), reset(1, NO_ERROR)],
    ['less than its length says', headers(1, 0, LONG), data(1, 'half', END_STREAM)],
    ['more than its length says', headers(1, 0, LONG), data(1, 'too much of it', END_STREAM)],
  ];

  it.each([...endings, ...ofLength])('S1: is never %s', async (_what, ...frames) => {
    const [first = [], ...rest] = frames;
    const { all, stream, socket } = await begun(Buffer.from(first));
    socket.write(Buffer.concat(rest.map(each => on(stream, each))));
    await expect(all).rejects.toThrow('aborted');
    await until('the log knows', () => failures().length > 0);
  });

  it.each([...endings, ...ofLength])('S1: nor where all comes in one piece: %s', async (_what, ...frames) => {
    send(...frames);
    const [status, body] = await ask();
    if (status === 502) expect(JSON.parse(body).status).toBe(502);
    else expect(body).toBe('aborted');
  });

  it.each([
    ['regularly', (socket: Socket) => socket.end()],
    ['with a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['after a GOAWAY', (socket: Socket) => socket.end(goaway(2 ** 31 - 1, NO_ERROR))],
  ])('S1: is never that of the connection: closed %s', async (_how, close) => {
    const { all, socket } = await begun(headers(1, 0, OK), data(1, 'half'));
    close(socket);
    await expect(all).rejects.toThrow('aborted');
  });

  it.each([
    ['a reset with NO_ERROR', [reset(1, NO_ERROR)]],
    ['a reset with CANCEL', [reset(1, CANCEL)]],
    ['an interim answer alone', [headers(1, 0, { ':status': '103' }), reset(1, NO_ERROR)]],
    ['101, which HTTP/2 hasn’t', [headers(1, 0, { ':status': '101' })]],
    ['a field of HTTP/1.1’s connections', [headers(1, END_STREAM, { ...OK, connection: 'close' })]],
    ['more fields than are taken', [headers(1, END_STREAM, { ...OK, ...many(4, 5000) })]],
  ])('S1: without an answer is a 502: %s', async (_what, frames) => {
    send(...frames);
    const [status, body] = await ask();
    expect([status, JSON.parse(body).code]).toEqual([
      502,
      expect.stringMatching(/^api_(?:unreachable|response_invalid)$/),
    ]);
  });

  it('of which all has come outlives its connection, however slow the browser reads', async () => {
    const size = 12 * 16_000;
    api.answer = (stream, socket) => {
      const parts = Array.from({ length: 12 }, () => data(stream, 'x'.repeat(16_000)));
      socket.end(
        Buffer.concat([headers(stream, 0, OK), ...parts, data(stream, '', END_STREAM), goaway(stream, NO_ERROR)]),
      );
    };
    const answer = await answerOf(open('/api/things').end());
    answer.pause();
    setTimeout(() => answer.resume(), 100);
    expect((await text(answer)).length).toBe(size);
  });

  it('S1: may come before that of the upload, which is broken off then', async () => {
    send(headers(1, 0, OK), data(1, 'enough', END_STREAM));
    const request = open('/api/things', 'POST', { 'Content-Length': '9' });
    request.write('some');
    const answer = await answerOf(request);
    expect([answer.statusCode, await text(answer)]).toEqual([200, 'enough']);
    await until('the API hears of it', () => api.of('RST_STREAM').length > 0);
    expect(uploadEnded()).toBe(false);
    request.destroy();
  });

  it('S1: may come before the API has taken what has come of the upload, which is broken off, too', async () => {
    send(headers(1, END_STREAM, { ':status': '204' }));
    expect(await ask('/api/things', 'POST', 'x'.repeat(70_000))).toEqual([204, '']);
    await until('the API hears of it', () => api.of('RST_STREAM').length > 0);
    expect(uploadEnded()).toBe(false);
  });
});

/** Whether the API was told that all of the request has come. */
function uploadEnded(): boolean {
  return [...api.of('HEADERS'), ...api.of('DATA')].some(({ flags }) => (flags & END_STREAM) > 0);
}

function many(count: number, size: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'x'.repeat(size)]));
}

describe('an upload', () => {
  it.each([
    ['that the browser breaks off', '/api/things'],
    ['whose API stands still', '/api/hasty'],
  ])('S1: %s is reset, and never ends', async (_what, path) => {
    const request = open(path, 'POST', { 'Content-Length': '9' });
    request.write('some');
    await until('some has come', () => api.of('DATA').length > 0);
    request.destroy();
    await until('the API hears of it', () => api.of('RST_STREAM').length > 0);
    expect(api.of('RST_STREAM').map(({ payload }) => payload.readUInt32BE())).toEqual([CANCEL]);
    expect(uploadEnded()).toBe(false);
  });

  it('S1: one that the API takes no more of is reset, too', async () => {
    const request = open('/api/hasty', 'POST', { 'Content-Length': '1000000' });
    request.write('x'.repeat(900_000));
    // a stream's window is 64 kB until it's made larger (RFC 9113 §6.9.2)
    await until(
      'the window is full',
      () => api.of('DATA').reduce((sum, { payload }) => sum + payload.length, 0) === 65_535,
    );
    await until('the API hears of it', () => api.of('RST_STREAM').length > 0);
    expect(uploadEnded()).toBe(false);
    request.destroy();
  });

  it('ends when the browser’s has', async () => {
    api.answer = (stream, socket) =>
      void until('the upload has ended', uploadEnded).then(() =>
        socket.write(headers(stream, END_STREAM, { ':status': '204' })),
      );
    expect(await ask('/api/things', 'POST', 'whole')).toEqual([204, '']);
    expect(Buffer.concat(api.of('DATA').map(({ payload }) => payload)).toString()).toBe('whole');
  });
});

describe('a call that the API says it did nothing with', () => {
  /** The first answer to a call on a new connection or stream. */
  const firstThen = (first: (stream: number, socket: Socket) => void) => {
    let calls = 0;
    api.answer = (stream, socket) => {
      calls += 1;
      if (calls === 1) first(stream, socket);
      else
        void until('the upload has ended', uploadEnded).then(() =>
          socket.write(Buffer.concat([headers(stream, 0, OK), data(stream, 'fine', END_STREAM)])),
        );
    };
  };
  const refusals: [string, (stream: number, socket: Socket) => void][] = [
    ['by a reset', (stream, socket) => socket.write(reset(stream, REFUSED_STREAM))],
    ['by a GOAWAY', (stream, socket) => socket.write(goaway(stream - 1, NO_ERROR))],
    ['by a GOAWAY that is an error', (stream, socket) => socket.write(goaway(stream - 1, INTERNAL_ERROR))],
    ['by a GOAWAY, closing the connection', (stream, socket) => socket.end(goaway(stream - 1, NO_ERROR))],
  ];

  it.each(refusals)('is made once more, whatever its method: %s', async (_how, refuse) => {
    firstThen(refuse);
    expect(await ask('/api/things', 'POST', 'body')).toEqual([200, 'fine']);
    expect(api.of('HEADERS')).toHaveLength(2);
    expect(api.of('DATA').at(-1)?.payload.toString()).toBe('body');
  });

  it.each(refusals)('S1: is a 502 where its body is gone: %s', async (_how, refuse) => {
    firstThen(refuse);
    const [status, body] = await ask('/api/once', 'POST', 'body');
    expect([status, JSON.parse(body).code]).toEqual([502, 'api_unreachable']);
    expect(api.of('HEADERS')).toHaveLength(1);
  });

  it('S1: is a 502 the second time', async () => {
    send(reset(1, REFUSED_STREAM));
    const [status, body] = await ask();
    expect([status, JSON.parse(body).code]).toEqual([502, 'api_unreachable']);
    expect(api.of('HEADERS')).toHaveLength(2);
    expect(failures()).toEqual([['api_unreachable', 'RST_STREAM REFUSED_STREAM']]);
  });

  it('S1: isn’t made again when it has begun to answer nevertheless', async () => {
    send(headers(1, 0, OK), reset(1, REFUSED_STREAM));
    const [status] = await ask('/api/things', 'POST', 'body');
    expect([status, api.of('HEADERS').length]).toEqual([502, 1]);
  });

  it('S1: isn’t made again when it may have been carried out', async () => {
    api.answer = (stream, socket) => void socket.end(goaway(stream, NO_ERROR));
    const [status] = await ask('/api/things', 'POST', 'body');
    expect([status, api.of('HEADERS').length]).toEqual([502, 1]);
  });
});

describe('a connection', () => {
  it('S1: that never says its SETTINGS is a 504', async () => {
    api.greeting = Buffer.alloc(0);
    const [status, body] = await ask();
    expect([status, JSON.parse(body).code, api.of('HEADERS')]).toEqual([504, 'api_timeout', []]);
  });

  it('S1: that takes no streams is a 502', async () => {
    api.greeting = settings([MAX_CONCURRENT_STREAMS, 0]);
    const [status, body] = await ask();
    expect([status, JSON.parse(body).code, api.connections]).toEqual([502, 'api_unreachable', 1]);
  });

  it('S1: that says goodbye at once is a 502, and not asked for again and again', async () => {
    api.greeting = Buffer.concat([settings(), goaway(0, NO_ERROR)]);
    const [status] = await ask();
    expect(status).toBe(502);
    // once more, since nothing had been done
    expect(api.connections).toBeLessThanOrEqual(2);
  });

  it('S1: that speaks HTTP/1.1 is a 502', async () => {
    api.greeting = Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    const [status, body] = await ask();
    expect([status, JSON.parse(body).code]).toEqual([502, 'api_response_invalid']);
  });

  it('takes as many calls at a time as the API says; the next ones go over others', async () => {
    api.greeting = settings([MAX_CONCURRENT_STREAMS, 2]);
    const waiting: (() => void)[] = [];
    api.answer = (stream, socket) =>
      waiting.push(() => void socket.write(headers(stream, END_STREAM, { ':status': '204' })));
    const calls = Array.from({ length: 5 }, () => ask());
    await until('all have come', () => waiting.length === 5);
    expect(api.connections).toBe(3);
    for (const answer of waiting) answer();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 5 }, () => [204, '']));
  });

  it('S1: on which a call took too long gets no more', async () => {
    expect((await ask('/api/hasty'))[0]).toBe(504);
    send(headers(1, END_STREAM, { ':status': '204' }));
    expect([(await ask())[0], api.connections]).toEqual([204, 2]);
  });

  it('S1: on which a browser has broken off many calls gets no more, and the calls of others go on', async () => {
    const other = await begun(headers(1, 0, OK), data(1, 'first '));
    api.answer = () => {};
    for (let count = 1; count <= 50; count++) {
      const request = open('/api/things').end();
      await until('it has come', () => api.of('HEADERS').length === count + 1);
      request.destroy();
      await until('it is reset', () => api.of('RST_STREAM').length === count);
    }
    expect(api.connections).toBe(1);
    send(headers(1, END_STREAM, { ':status': '204' }));
    expect([(await ask())[0], api.connections]).toEqual([204, 2]);
    other.socket.write(data(other.stream, 'and last', END_STREAM));
    expect(await other.all).toBe('first and last');
  });

  it('S1: whose errors nobody waits for ends nothing but itself', async () => {
    send(headers(1, END_STREAM, { ':status': '204' }));
    const sockets: Socket[] = [];
    const answer = api.answer;
    api.answer = (stream, socket) => {
      sockets.push(socket);
      answer(stream, socket);
    };
    expect((await ask())[0]).toBe(204);
    for (const socket of sockets) socket.write(Buffer.concat([goaway(0, INTERNAL_ERROR), Buffer.alloc(64, 255)]));
    await once(sockets[0] as Socket, 'close');
    expect([(await ask())[0], api.connections]).toEqual([204, 2]);
  });

  // but for the word that nothing is kept (RFC 7541 §6.3)
  it('S3: compresses nothing that is said twice, so that no user’s header can be guessed by another’s', async () => {
    send(headers(1, END_STREAM, { ':status': '204' }));
    await ask();
    await ask();
    const [first, second] = api.of('HEADERS').map(({ payload }) => payload.toString('hex').replace(/^20/, ''));
    expect(first).toBe(second);
  });
});
