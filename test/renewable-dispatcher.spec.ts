import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { RenewableDispatcher } from '../src/bff/renewable-dispatcher.js';
import { listen } from './support/hostile/listen.js';
import { until } from './support/parlour.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Answers when it's told to; `sockets` are the connections that requests came over. */
async function startSlowServer() {
  const waiting: ServerResponse[] = [];
  const sockets: Socket[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    sockets.push(request.socket);
    if (request.url === '/slow') waiting.push(response);
    else response.end('fast');
  });
  const origin = `http://127.0.0.1:${await listen(server)}`;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const release = () => waiting.splice(0).forEach(response => response.end('slow'));
  return { origin, waiting, sockets, release };
}

function renewable(make: () => Dispatcher): RenewableDispatcher {
  const dispatcher = new RenewableDispatcher(make);
  closing.push(() => dispatcher.destroy());
  return dispatcher;
}

async function get(dispatcher: Dispatcher, origin: string, path: string): Promise<string> {
  return (await dispatcher.request({ origin, path, method: 'GET' })).body.text();
}

describe('a dispatcher whose TLS settings change', () => {
  it('C7: lets requests under way end where they began, and opens new connections for the next', async () => {
    const { origin, waiting, sockets, release } = await startSlowServer();
    const dispatcher = renewable(() => new Agent());
    expect(await get(dispatcher, origin, '/')).toBe('fast');
    const slow = get(dispatcher, origin, '/slow');
    await until('it is under way', () => waiting.length === 1);
    dispatcher.renew();
    expect(await get(dispatcher, origin, '/')).toBe('fast');
    expect(sockets[2]).not.toBe(sockets[1]);
    release();
    expect(await slow).toBe('slow');
  });

  it('C7: lets a request end whose tunnel isn’t there yet', async () => {
    const { origin } = await startSlowServer();
    const asked: Socket[] = [];
    const proxy = createServer();
    proxy.on('connect', (_request, socket: Socket) => asked.push(socket));
    const uri = `http://127.0.0.1:${await listen(proxy)}`;
    closing.push(() => proxy.close());
    const dispatcher = renewable(
      () => new EnvHttpProxyAgent({ httpProxy: uri, httpsProxy: uri, noProxy: '', proxyTunnel: true }),
    );
    const answer = get(dispatcher, origin, '/');
    await until('the proxy is asked', () => asked.length === 1);
    dispatcher.renew();
    for (const socket of asked) {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(connect(Number(new URL(origin).port), '127.0.0.1')).pipe(socket);
    }
    expect(await answer).toBe('fast');
  });

  it('C7: keeps what it has when the new settings can’t be used', async () => {
    const { origin } = await startSlowServer();
    let good = true;
    const dispatcher = renewable(() => {
      if (good) return new Agent();
      throw new Error('no such settings');
    });
    good = false;
    expect(() => dispatcher.renew()).toThrow('no such settings');
    expect(await get(dispatcher, origin, '/')).toBe('fast');
  });

  it('closes when all requests have ended, those of former settings too, and takes none after that', async () => {
    const { origin, waiting, release } = await startSlowServer();
    const dispatcher = renewable(() => new Agent());
    const before = get(dispatcher, origin, '/slow');
    await until('it is under way', () => waiting.length === 1);
    dispatcher.renew();
    const after = get(dispatcher, origin, '/slow');
    await until('both are under way', () => waiting.length === 2);
    const closed = dispatcher.close();
    release();
    expect(await Promise.all([before, after])).toEqual(['slow', 'slow']);
    await closed;
    await expect(get(dispatcher, origin, '/')).rejects.toThrow();
  });
});
