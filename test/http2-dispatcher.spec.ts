import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Http2Options } from '../src/bff/http2/call.js';
import { Http2Dispatcher } from '../src/bff/http2/http2-dispatcher.js';
import { listen } from './support/hostile/listen.js';
import { END_STREAM, FrameApi, headers, settings } from './support/http2-frames.js';
import { until } from './support/parlour.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Streams that reached it, unanswered; and connections that it has. */
async function startServer() {
  const streams: ServerHttp2Stream[] = [];
  const server: Http2Server = createServer();
  let connections = 0;
  server.on('session', session => {
    connections += 1;
    session.once('close', () => (connections -= 1));
  });
  server.on('stream', stream => streams.push(stream.on('error', () => {})));
  const origin = `http://127.0.0.1:${await listen(server)}`;
  closing.push(() => new Promise(resolve => server.close(resolve)));
  return { origin, streams, connections: () => connections };
}

function dispatcher(): Http2Dispatcher {
  const made = new Http2Dispatcher(new Agent({ allowH2: false }), { timeout: 5000 });
  closing.push(() => made.destroy(null));
  return made;
}

/** Resolves with the body, or rejects with what the call failed with. */
function get(over: Http2Dispatcher, origin: string, more: Partial<Http2Options> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    const handler: Dispatcher.DispatchHandler = {
      onResponseData: (_controller, chunk) => (body += chunk.toString()),
      onResponseEnd: () => resolve(body),
      onResponseError: (_controller, error) => reject(error),
    };
    const options: Http2Options = { http2: true, origin, path: '/', method: 'GET', headers: [], body: null, ...more };
    over.dispatch(options, handler);
  });
}

describe('calls over HTTP/2', () => {
  it.each(['a\r\nX-Evil: 1', 'a\u0000x-evil\u00001', 'a\nb', '\u0100'])(
    'S4: %j is no value of a field',
    async value => {
      const { origin, streams } = await startServer();
      const failed = get(dispatcher(), origin, { headers: ['X-Own', value] });
      await expect(failed).rejects.toMatchObject({ code: 'ERR_INVALID_CHAR' });
      expect(streams).toEqual([]);
    },
  );

  it.each([
    ['Transfer-Encoding', 'chunked', 'ERR_HTTP2_INVALID_CONNECTION_HEADERS'],
    ['Connection', 'close', 'ERR_HTTP2_INVALID_CONNECTION_HEADERS'],
    ['X Own', '1', 'ERR_INVALID_HTTP_TOKEN'],
  ])('S4: %s is no field of HTTP/2’s', async (name, value, code) => {
    const { origin, streams } = await startServer();
    await expect(get(dispatcher(), origin, { headers: [name, value] })).rejects.toMatchObject({ code });
    expect(streams).toEqual([]);
  });

  it('C7: end where they began when no more are made', async () => {
    const { origin, streams, connections } = await startServer();
    const over = dispatcher();
    const answer = get(over, origin);
    await until('it is under way', () => streams.length === 1);
    const closed = over.close();
    streams[0]?.respond({ ':status': 200 });
    streams[0]?.end('whole');
    expect(await answer).toBe('whole');
    await closed;
    await until('the connection has gone', () => connections() === 0);
  });

  it('fail when they are cut off, and so does one whose body breaks off', async () => {
    const { origin, streams } = await startServer();
    const over = dispatcher();
    const body = new Readable({ read: () => {} });
    const broken = get(over, origin, { method: 'POST', body });
    await until('it is under way', () => streams.length === 1);
    body.push('half');
    body.destroy();
    await expect(broken).rejects.toMatchObject({ code: 'BODY_BROKEN_OFF' });
    await until('the API knows', () => streams[0]?.closed ?? false);
    expect(streams[0]?.rstCode).toBe(8);
    const cut = get(over, origin);
    await until('another is under way', () => streams.length === 2);
    await over.destroy(new Error('enough'));
    await expect(cut).rejects.toThrow('enough');
  });

  it('close a connection that nobody has used for four seconds', async () => {
    const { origin, streams, connections } = await startServer();
    const answer = get(dispatcher(), origin);
    await until('it is under way', () => streams.length === 1);
    streams[0]?.respond({ ':status': 204 }, { endStream: true });
    expect([await answer, connections()]).toEqual(['', 1]);
    await until('the connection has gone', () => connections() === 0);
  });

  it('S1: leave no connection behind, even with an API that ends none', async () => {
    const api = await FrameApi.start({ allowHalfOpen: true });
    closing.push(() => api.close());
    let socket: Socket | undefined;
    api.answer = (stream, its) => {
      socket = its;
      its.write(headers(stream, END_STREAM, { ':status': '204' }));
    };
    const over = dispatcher();
    await get(over, api.origin);
    await over.close();
    await until('nobody is there any more', () => {
      socket?.write(settings());
      return socket?.destroyed;
    });
  });
});
