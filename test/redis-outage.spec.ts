import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StorageObserver } from '../src/bff/storage/observer.js';
import { openStorage } from '../src/bff/storage/open.js';
import { type Storage, StorageUnavailable } from '../src/bff/storage/storage.js';
import { countTo, KEY, MINUTE, valueOf } from './storage-contract-context.js';
import { ear } from './storage-contract-notices.js';
import { until } from './support/parlour.js';
import { killConnection, type RedisServer, startRedis } from './support/redis-server.js';

const CHANNEL = '{1}:notices';
/** What it keeps on its disk is there after a restart. */
const DURABLE = { lines: ['appendonly yes', 'appendfsync always'] };

let redis: RedisServer;
let storage: Storage;
let said: string[];

const observer: StorageObserver = {
  danger: () => undefined,
  lost: () => void said.push('lost'),
  recovered: () => void said.push('recovered'),
  unconfirmed: () => undefined,
};

beforeEach(async () => {
  said = [];
  redis = await startRedis(DURABLE);
  storage = await openStorage(redis.url, { observer });
  await storage.put(KEY, Buffer.from('before'), 10 * MINUTE);
});
afterEach(async () => {
  await storage.close();
  await redis.close();
});

const calls = (): Record<string, Promise<unknown>> => ({
  get: storage.get(KEY),
  put: storage.put('{a}:session', Buffer.from('x'), MINUTE),
  putIfAbsent: storage.putIfAbsent('{b}:session', Buffer.from('x'), MINUTE),
  compareAndSwap: storage.compareAndSwap(KEY, 'AAAAAAAAAAAAAAAA', Buffer.from('x'), MINUTE),
  delete: storage.delete('{c}:session'),
  addToSet: storage.addToSet('{d}:sessions', 'a', MINUTE),
  removeFromSet: storage.removeFromSet('{d}:sessions', 'a'),
  membersOfSet: storage.membersOfSet('{d}:sessions'),
  publish: storage.publish(CHANNEL, 'x'),
  subscribe: storage.subscribe(CHANNEL, ear()),
  ping: storage.ping(),
});

/** Milliseconds that all of them took to fail, each in the one way that the seam knows. */
async function timeToFail(): Promise<number> {
  const began = performance.now();
  const outcomes = await Promise.allSettled(Object.values(calls()));
  const took = performance.now() - began;
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(StorageUnavailable) });
  return took;
}

/** Reads, writes and notices have connections of their own, and each comes back when it can. */
const allWorks = () =>
  Promise.all(Object.values(calls())).then(
    () => true,
    () => false,
  );

const works = () =>
  storage.ping().then(
    () => true,
    () => false,
  );

describe('Redis that is away', () => {
  it('R6: killed: every call is refused, soon at once; when it’s back, all goes on with what it has on its disk', async () => {
    await redis.signal('SIGKILL');
    await timeToFail();
    await until('the outage is known', () => said.includes('lost'));
    expect(await timeToFail()).toBeLessThan(2000);
    await redis.start();
    await until('all works again', allWorks);
    expect(await valueOf(storage, KEY)).toBe('before');
    await until('that is said', () => said.includes('recovered'));
    expect(said.filter(event => event === 'lost')).toHaveLength(1);
  });

  it('R6: frozen: every call is refused within seconds, then at once; when it goes on, so do we', async () => {
    await redis.signal('SIGSTOP');
    expect(await timeToFail()).toBeLessThan(8000);
    await until('the outage is known', () => said.includes('lost'));
    expect(await timeToFail()).toBeLessThan(2000);
    await redis.signal('SIGCONT');
    await until('it works again', works);
    await until('writes do, too', () =>
      storage.put(KEY, Buffer.from('after'), MINUTE).then(
        () => true,
        () => false,
      ),
    );
    expect(await valueOf(storage, KEY)).toBe('after');
  });

  it('R6: what was refused while it was frozen isn’t done later', async () => {
    await redis.signal('SIGSTOP');
    await timeToFail();
    const late = countTo(5).map(n => storage.put('{late}:session', Buffer.from(`${n}`), MINUTE));
    await Promise.allSettled(late);
    await redis.signal('SIGCONT');
    await until('it works again', works);
    expect(await storage.get('{late}:session')).toBeUndefined();
  });

  it('R6: restarted within a moment: reads wait for it, and nobody calls that an outage', async () => {
    await redis.signal('SIGKILL');
    const read = storage.get(KEY);
    await redis.start();
    expect(String((await read)?.value)).toBe('before');
    await until('writes work', () =>
      storage.put(KEY, Buffer.from('after'), MINUTE).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('Redis that becomes a replica while its connections stay open', () => {
  it('R6: isn’t used any more: that’s an outage until it, or what its name stands for then, is a primary', async () => {
    const other = await startRedis();
    await redis.command('REPLICAOF', '127.0.0.1', String(other.port));
    await until('the outage is known', async () => {
      await storage.put('{a}:session', Buffer.from('x'), MINUTE).catch(() => undefined);
      return said.includes('lost');
    });
    await timeToFail();
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await until('all works again', allWorks);
    await other.close();
  });

  it('R6: nor does what it refused count as lost, where writes waited for a replica of it', async () => {
    const replica = await startRedis({ lines: [`replicaof 127.0.0.1 ${redis.port}`] });
    const info = async () => String(await redis.command('INFO', 'replication'));
    await until('it acknowledges', async () => {
      await redis.command('SET', 'something', 'to replicate');
      return /state=online,offset=[1-9]/.test(await info());
    });
    const waiting = await openStorage(redis.url, { observer });
    await waiting.put(KEY, Buffer.from('before'), MINUTE);
    await redis.command('REPLICAOF', '127.0.0.1', String(replica.port));
    await expect(waiting.put(KEY, Buffer.from('x'), MINUTE)).rejects.toThrow(/is a replica, and can't be written to/);
    await until('the outage is known', () => said.includes('lost'));
    await waiting.close();
    await replica.close();
  });
});

describe('a connection that is cut', () => {
  it('R6: that of the reads: they are asked again on the next', async () => {
    // none of these is in the cache
    let next = 0;
    const read = () => storage.get(`{${next++}}:session`);
    for (const _ of countTo(4)) {
      const killed = killConnection(redis, 'parlour-reads').then(() => 'done');
      const reads = [read()];
      while ((await Promise.race([killed, reads.at(-1)])) === undefined) reads.push(read());
      // one that is cut off twice is given up
      await Promise.all([...reads, read()]);
    }
    expect(said).toEqual([]);
  });

  it('R6: that of the writes: what was under way is refused, as it may be done or not, and what comes then is written', async () => {
    for (const n of countTo(4)) {
      await killConnection(redis, 'parlour-writes');
      const put = () => storage.put(KEY, Buffer.from(`${n}`), MINUTE);
      await put().catch((error: unknown) => {
        expect(error).toBeInstanceOf(StorageUnavailable);
        return put();
      });
      expect(await valueOf(storage, KEY)).toBe(`${n}`);
    }
    expect(said).toEqual([]);
  });

  it('R13: that of the notices: who listens is told that some may be missed, and hears on', async () => {
    const listener = ear();
    await storage.subscribe(CHANNEL, listener);
    await storage.subscribe('{2}:notices', ear());
    for (const n of countTo(3)) {
      await killConnection(redis, 'parlour-notices');
      await until('that is said', () => listener.missedSome === n + 1);
      await storage.publish(CHANNEL, `notice ${n}`);
      await until('it hears', () => listener.heard.includes(`notice ${n}`));
    }
    expect(listener.heard).toEqual(['notice 0', 'notice 1', 'notice 2']);
  });

  it('R13: who has left isn’t told of it, and isn’t subscribed again', async () => {
    const [stays, leaves] = [ear(), ear()];
    await storage.subscribe('{2}:notices', stays);
    (await storage.subscribe(CHANNEL, leaves)).close();
    await killConnection(redis, 'parlour-notices');
    await until('who stays is told', () => stays.missedSome === 1);
    expect(leaves.missedSome).toBe(0);
    expect(await redis.command('PUBSUB', 'SHARDCHANNELS')).toEqual(['{2}:notices']);
  });
});
