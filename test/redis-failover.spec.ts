import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openStorage } from '../src/bff/storage/open.js';
import { type Storage, StorageUnavailable } from '../src/bff/storage/storage.js';
import { countTo, KEY, MINUTE } from './storage-contract-context.js';
import { ear } from './storage-contract-notices.js';
import { until } from './support/parlour.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';
import { startSentinels, type Watched } from './support/redis-sentinel.js';

const CHANNEL = '{7fQx-_k}:notices';

/** Writes on and on under the tag; `acknowledged` are those that were. */
function writeOn(storage: Storage, tag: string) {
  const acknowledged: string[] = [];
  const failures: unknown[] = [];
  const ending = new AbortController();
  const writers = countTo(10).map(async writer => {
    for (let n = 0; !ending.signal.aborted; n++) {
      const key = `{${tag}}:${writer}.${n}`;
      await storage.put(key, Buffer.from(key), 10 * MINUTE).then(
        () => acknowledged.push(key),
        error => failures.push(error),
      );
      // what fails at once would leave nobody else a turn
      await new Promise(resolve => setImmediate(resolve));
    }
  });
  const end = async () => {
    ending.abort();
    await Promise.all(writers);
  };
  return { acknowledged, failures, end };
}

async function lostOf(storage: Storage, keys: string[]): Promise<string[]> {
  const lost: string[] = [];
  for (const key of keys) if ((await storage.get(key)) === undefined) lost.push(key);
  return lost;
}

/** Reads and writes have connections of their own. */
const works = async (storage: Storage) => {
  try {
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    return (await storage.get(KEY)) !== undefined;
  } catch {
    return false;
  }
};

describe('a failover that sentinels make', () => {
  let watched: Watched;
  let storage: Storage;

  beforeEach(async () => {
    watched = await startSentinels();
    storage = await openStorage(watched.url);
  }, 60_000);
  afterEach(async () => {
    await storage.close();
    await watched.close();
  });

  it('R6 R7: of a primary killed under write load: calls fail in one way, go on at the new one, and nothing acknowledged is lost', async () => {
    const listener = ear();
    await storage.subscribe(CHANNEL, listener);
    const load = writeOn(storage, 'load');
    await until('there is something to lose', () => load.acknowledged.length > 500);
    await (await watched.primary()).signal('SIGKILL');
    await until('writes fail', () => load.failures.length > 0);
    const atFailover = load.acknowledged.length;
    await until('they go on', () => load.acknowledged.length > atFailover + 100);
    await load.end();
    await until('it reads as well', () => works(storage));
    expect(load.failures.filter(error => !(error instanceof StorageUnavailable))).toEqual([]);
    expect(await lostOf(storage, load.acknowledged)).toEqual([]);
    await until('the listener is told', () => listener.missedSome > 0);
    await storage.publish(CHANNEL, 'after it');
    await until('it hears on', () => listener.heard.includes('after it'));
  }, 60_000);

  it('R6: of a primary that stood still: when it goes on, nobody reads or writes there', async () => {
    const old = await watched.primary();
    await old.signal('SIGSTOP');
    await until('another has taken over', async () => (await watched.primary()).port !== old.port);
    await until('it’s used', () => works(storage));
    await storage.put(KEY, Buffer.from('new'), MINUTE);
    await old.signal('SIGCONT');
    for (const n of countTo(200)) {
      expect(String((await storage.get(KEY))?.value)).toBe('new');
      await storage.put(`{${n}}:session`, Buffer.from('x'), MINUTE);
    }
    const info = () => old.command('INFO', 'replication').catch(() => 'the sentinels cut all connections to it');
    await until('it has become a replica', async () => String(await info()).includes('role:slave'));
    expect(
      await lostOf(
        storage,
        countTo(200).map(n => `{${n}}:session`),
      ),
    ).toEqual([]);
  }, 60_000);

  it('R6: while two of three sentinels are away nothing changes, and a storage can be opened', async () => {
    const [first, second] = watched.sentinels;
    await first?.signal('SIGKILL');
    await second?.signal('SIGKILL');
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    const another = await openStorage(watched.url);
    expect(String((await another.get(KEY))?.value)).toBe('one');
    await another.close();
  });
});

describe('a failover of a cluster', () => {
  let cluster: RedisCluster;
  let storage: Storage;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 60_000);
  afterAll(() => cluster.close());
  beforeEach(async () => {
    storage = await openStorage(cluster.url);
  });
  afterEach(() => storage.close());

  it('R6 R7: of one shard under write load: the others go on meanwhile, and nothing acknowledged is lost', async () => {
    const { primary } = await cluster.shardOf(KEY);
    const other = await tagElsewhere(cluster, primary.port);
    const listener = ear();
    await storage.subscribe(CHANNEL, listener);
    const load = writeOn(storage, '7fQx-_k');
    const loadElsewhere = writeOn(storage, other);
    await until('there is something to lose', () => load.acknowledged.length > 500);
    await primary.signal('SIGKILL');
    await until('writes fail', () => load.failures.length > 0);
    const atFailover = load.acknowledged.length;
    await until('they go on', () => load.acknowledged.length > atFailover + 100);
    await Promise.all([load.end(), loadElsewhere.end()]);
    await until('it reads as well', () => works(storage));
    expect(load.failures.filter(error => !(error instanceof StorageUnavailable))).toEqual([]);
    expect(loadElsewhere.failures).toEqual([]);
    expect(await lostOf(storage, [...load.acknowledged, ...loadElsewhere.acknowledged])).toEqual([]);
    await until('the listener is told', () => listener.missedSome > 0);
    await storage.publish(CHANNEL, 'after it');
    await until('it hears on', () => listener.heard.includes('after it'));
    await primary.start();
  }, 60_000);

  it('R6: a shard that is lost altogether keeps no instance from starting', async () => {
    const { primary, replica } = await cluster.shardOf(KEY);
    const other = await tagElsewhere(cluster, primary.port);
    for (const node of [primary, replica]) await node.signal('SIGKILL');
    const another = await openStorage(cluster.url);
    await another.put(`{${other}}:session`, Buffer.from('one'), MINUTE);
    await expect(another.put(KEY, Buffer.from('one'), MINUTE)).rejects.toThrow(StorageUnavailable);
    await another.close();
    for (const node of [primary, replica]) await node.start();
  }, 60_000);
});

/** A tag whose slot is at another primary. */
async function tagElsewhere(cluster: RedisCluster, port: number): Promise<string> {
  for (let n = 0; ; n++) if ((await cluster.shardOf(`{${n}}`)).primary.port !== port) return String(n);
}
