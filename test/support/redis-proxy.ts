import { connect, createServer, type Socket } from 'node:net';
import { listen } from './hostile/listen.js';

export interface RedisProxy {
  port: number;
  /** What the server says on the connections of that name, that are there now, gets nowhere; what it's told arrives, and nothing looks broken. */
  deafen(name: string): void;
  /** It comes now, late. */
  release(name: string): void;
  close(): Promise<void>;
}

interface Pair {
  name: string;
  client: Socket;
  server: Socket;
}

/** Between a storage and its server. */
export async function startRedisProxy(upstream: number): Promise<RedisProxy> {
  const pairs = new Set<Pair>();
  const front = createServer(client => {
    const pair: Pair = { name: '', client, server: connect(upstream, '127.0.0.1') };
    pairs.add(pair);
    client.once('data', greeting => (pair.name = /parlour-\w+/.exec(greeting.toString('latin1'))?.[0] ?? ''));
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.setNoDelay().pipe(to);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
    client.on('close', () => pairs.delete(pair));
  });
  return {
    port: await listen(front),
    deafen(name) {
      for (const pair of pairs) if (pair.name === name) pair.server.unpipe(pair.client).pause();
    },
    release(name) {
      for (const pair of pairs) if (pair.name === name) pair.server.pipe(pair.client);
    },
    close: () => {
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
      return new Promise(resolve => front.close(() => resolve()));
    },
  };
}
