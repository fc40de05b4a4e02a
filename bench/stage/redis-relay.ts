import { connect, createServer, type Socket } from 'node:net';
import { listen } from './processes.ts';

export interface RedisRelay {
  url: string;
  /** From now on nothing that the server says gets through on the connections that are there, and nothing looks broken. */
  cut(): void;
  /** Those connections end. */
  restore(): void;
  close(): void;
}

/** Between instances and their Redis. */
export async function startRedisRelay(port: number): Promise<RedisRelay> {
  const clients = new Map<Socket, Socket>();
  const front = createServer(client => {
    const server = connect(port, '127.0.0.1').setNoDelay();
    clients.set(client.setNoDelay(), server);
    client.on('error', () => {}).on('close', () => server.destroy() && clients.delete(client));
    server.on('error', () => {}).on('close', () => client.destroy());
    client.pipe(server).pipe(client);
  });
  const restore = () => {
    for (const client of clients.keys()) client.destroy();
  };
  return {
    url: `redis://127.0.0.1:${await listen(front)}`,
    cut: () => {
      for (const [client, server] of clients) server.unpipe(client).pause();
    },
    restore,
    close: () => {
      front.close();
      restore();
    },
  };
}
