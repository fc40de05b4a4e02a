import { createClient } from '@redis/client';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openStorage } from '../../src/bff/storage/open.js';
import type { Storage } from '../../src/bff/storage/storage.js';
import { temporaryDirectory } from './parlour.js';
import { startRedis } from './redis-server.js';
import { turnableClock } from './session-instances.js';

/** How time passes, and how long a short life is: milliseconds. */
interface Clock {
  short: number;
  pass: (milliseconds: number) => Promise<unknown>;
}

export interface Backend {
  clock: Clock;
  /** Of the two instances, and of who looks at what is left. */
  storages: [Storage, Storage, Storage];
  /** Whether there's such a record, past all caches. */
  holds(key: string): Promise<boolean>;
  close(): Promise<void>;
}

export async function embedded(): Promise<Backend> {
  const { turn, restore } = turnableClock();
  const storage = await openStorage(`file:${join(temporaryDirectory(), 'data')}`);
  return {
    clock: { short: 10_000, pass: turn },
    storages: [storage, storage, storage],
    holds: async key => (await storage.get(key)) !== undefined,
    close: async () => {
      restore();
      await storage.close();
    },
  };
}

/** The server has the time of the wall; and each storage has a cache of its own. */
export async function redis(): Promise<Backend> {
  const server = await startRedis();
  const client = await createClient({ url: server.url }).connect();
  const open = () => openStorage(server.url);
  const storages: Backend['storages'] = [await open(), await open(), await open()];
  return {
    clock: { short: 150, pass: milliseconds => delay(milliseconds) },
    storages,
    holds: async key => (await client.exists(key)) > 0,
    close: async () => {
      client.destroy();
      for (const storage of storages) await storage.close();
      await server.close();
    },
  };
}
