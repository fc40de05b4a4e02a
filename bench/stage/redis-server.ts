import { createClient } from '@redis/client';
import { freePort, ready, start, temporaryFolder } from './processes.ts';

export interface RedisServer {
  url: string;
  port: number;
  version: string;
  /** Bytes, as INFO says. */
  usedMemory(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Without persistence where no place is given: what is measured is this side of it. With one it has again what was there before. Rejects when the machine
 * has none.
 */
export async function startRedis(place?: { port: number; folder: string }): Promise<RedisServer> {
  const port = place?.port ?? (await freePort());
  const keeping = ['--save', '', '--appendonly', place ? 'yes' : 'no'];
  const settings = ['--port', String(port), '--bind', '127.0.0.1', ...keeping];
  const server = start('redis-server', settings, {
    cwd: place?.folder ?? temporaryFolder(),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
  client.on('error', () => {});
  await ready(server, 'redis-server (Debian: apt-get install redis-server)', async () => {
    if (!client.isOpen) await client.connect();
    return client.isReady;
  }).catch((error: unknown) => {
    if (client.isOpen) client.destroy();
    throw error;
  });
  const info = async (section: string, name: string) =>
    new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(await client.info(section))?.[1] ?? '';
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    version: await info('server', 'redis_version'),
    usedMemory: async () => Number(await info('memory', 'used_memory')),
    stop: () => {
      client.destroy();
      return server.stop(place && 'SIGTERM');
    },
  };
}
