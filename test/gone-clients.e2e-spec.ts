import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pair, startPair } from './login-flow.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { until } from './support/parlour.js';

let api: ApiStub;
let pair: Pair;
beforeAll(async () => {
  api = await startApiStub();
  const upstream = api.url;
  pair = await startPair({}, { apiRoutes: [{ path: '/api', upstream, token: 'none', timeout: 1 }] });
});
beforeEach(() => {
  api.requests.length = 0;
  api.handle = answerOrStream;
});
afterAll(async () => {
  await pair.close();
  await api.close();
});

/** `/silent` is an event stream that says nothing. */
function answerOrStream({ url }: { url?: string | undefined }, response: ServerResponse): void {
  if (url === '/silent') response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
  else response.end(url);
}

/** One request after the other, before any is answered. */
async function send(...requests: string[]): Promise<Socket> {
  const socket = connect(pair.parlour.port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise<void>(resolve => socket.write(requests.join(''), () => resolve()));
  return socket;
}

/** Until nobody takes any more of it. */
async function sendBody(socket: Socket): Promise<void> {
  for (let count = 0; count < 400; count++) socket.write(Buffer.alloc(1 << 16));
  for (let left = 0; left !== socket.writableLength; await sleep(300)) left = socket.writableLength;
  expect(socket.writableLength).toBeGreaterThan(0);
}

function asked(line: string, fields: string[] = [], body = ''): string {
  const host = `Host: localhost:${pair.parlour.port}`;
  return `${[`${line} HTTP/1.1`, host, 'X-CSRF: 1', ...fields].join('\r\n')}\r\n\r\n${body}`;
}

async function reset(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resetAndDestroy(), 'close');
}

const connections = () =>
  new Promise<number>((resolve, reject) =>
    pair.parlour.server.app
      .getHttpServer()
      .getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count))),
  );
const nobodyIsConnected = () => until('nobody is connected', async () => (await connections()) === 0);
/** As the API hears it, once it has read what it was sent. */
const over = (stream: IncomingMessage) => until('the call is over', () => stream.resume().socket.destroyed);
const atApi = () => api.requests.map(({ url }) => url);

describe('a client that has gone', () => {
  it('S1: before its pipelined requests were begun makes no error of ours', async () => {
    for (let round = 0; round < 20; round++)
      await reset(await send(...Array.from({ length: 50 }, () => asked('GET /session'))));
    await nobodyIsConnected();
    expect(pair.parlour.events('request_failed')).toEqual([]);
  });

  it('S1: has no call made for what it sent ahead, and none goes on', async () => {
    const socket = await send(asked('GET /api/silent'), asked('GET /api/silent'), asked('GET /api/more'));
    const stream = await api.arrived(1);
    await reset(socket);
    await nobodyIsConnected();
    await over(stream);
    expect(atApi()).toEqual(['/silent']);
  });

  // node:http stops to read then, and a reset isn't heard
  it.each([
    ['a body of its own', [['GET /api/silent', 'Content-Length: 99000000']]],
    ['one that was sent ahead', [['GET /api/silent'], ['POST /api/more', 'Content-Length: 99000000']]],
  ])(
    'S1: behind %s that nobody takes, keeps no silent stream for longer than the route’s timeout',
    async (_what, all) => {
      const socket = await send(...all.map(([line = '', ...fields]) => asked(line, fields)));
      await sendBody(socket);
      const stream = await api.arrived(1);
      await reset(socket);
      await nobodyIsConnected();
      await over(stream);
      expect(atApi()).toEqual(['/silent']);
    },
  );

  it('S1: behind answers that queue up, keeps none for longer either', async () => {
    // without a host: node:http itself refuses them
    const socket = await send(asked('GET /api/silent'), 'GET / HTTP/1.1\r\n\r\n'.repeat(3000));
    await once(socket, 'data');
    const stream = await api.arrived(1);
    await reset(socket);
    await nobodyIsConnected();
    await over(stream);
  });
});

describe('requests that are sent ahead', () => {
  it('S1: are taken one after the other, whatever they ask for', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    api.handle = (request, response) =>
      request.url === '/first' ? held.resolve(response) : answerOrStream(request, response);
    const socket = await send(
      asked('POST /api/first', ['Content-Length: 2'], 'hi'),
      asked('GET /session'),
      asked('GET /api/last', ['Connection: close']),
    );
    let text = '';
    socket.on('data', chunk => (text += chunk));
    const first = await held.promise;
    expect(atApi()).toEqual(['/first']);
    first.end('first');
    await once(socket, 'close');
    expect(atApi()).toEqual(['/first', '/last']);
    expect(text.match(/first|"authenticated":false|\/last/g)).toEqual(['first', '"authenticated":false', '/last']);
  });

  it('S1: are no more than a hundred, or the connection is cut', async () => {
    const flood = (count: number) => send(asked('GET /api/silent'), asked('GET /session').repeat(count));
    const [bearable, excessive] = [await flood(100), await flood(101)];
    await once(excessive, 'close');
    expect(bearable.destroyed).toBe(false);
    await reset(bearable);
    await nobodyIsConnected();
  });
});
