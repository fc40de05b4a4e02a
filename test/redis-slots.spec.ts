import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { slotOf } from '../src/bff/storage/redis/slot.js';
import { openStorage } from '../src/bff/storage/open.js';
import type { Storage } from '../src/bff/storage/storage.js';
import { countTo, KEY, MINUTE, valueOf, versionOf } from './storage-contract-context.js';
import { ear } from './storage-contract-notices.js';
import { until } from './support/parlour.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';
import type { RedisServer } from './support/redis-server.js';

const TOKENS = '{7fQx-_k}:tokens';
const CHANNEL = '{7fQx-_k}:notices';

let cluster: RedisCluster;
let storage: Storage;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);
afterAll(() => cluster.close());
beforeEach(async () => {
  await cluster.command('FLUSHALL');
  storage = await openStorage(cluster.url);
});
afterEach(() => storage.close());

const idOf = async (node: RedisServer) => String(await node.command('CLUSTER', 'MYID'));

/** The first half of moving a slot: `from` has what it has, and what it hasn't is at `to`. */
async function beginMove(slot: string, from: RedisServer, to: RedisServer): Promise<void> {
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
}

async function endMove(slot: string, from: RedisServer, to: RedisServer): Promise<void> {
  const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[];
  if (keys.length > 0) await from.command('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys);
  for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to));
}

async function anotherPrimary(than: RedisServer): Promise<RedisServer> {
  for (let n = 0; ; n++) {
    const { primary } = await cluster.shardOf(`{${n}}`);
    if (primary.port !== than.port) return primary;
  }
}

it('the slot of a key is the one that Redis says', async () => {
  const keys = [KEY, 'a', '', '{}x', '{a}{b}', 'x{', 'x}{a', '{{a}}', '{ü€😀}:session', '123456789'];
  const [node] = cluster.nodes;
  for (const key of keys) expect([key, slotOf(key)]).toEqual([key, await node?.command('CLUSTER', 'KEYSLOT', key)]);
});

describe('a slot that moves to another node', () => {
  it('R3 R4: records are found, written, swapped and deleted before, in the middle of it, and after', async () => {
    const { primary: from } = await cluster.shardOf(KEY);
    const to = await anotherPrimary(from);
    const slot = String(slotOf(KEY));
    await storage.put(KEY, Buffer.from('before'), MINUTE);
    await beginMove(slot, from, to);
    expect(await valueOf(storage, KEY)).toBe('before');
    expect(await storage.get(TOKENS)).toBeUndefined();
    expect(await storage.putIfAbsent(TOKENS, Buffer.from('new'), MINUTE)).toBe(true);
    expect(await storage.putIfAbsent(TOKENS, Buffer.from('newer'), MINUTE)).toBe(false);
    const version = await versionOf(storage, TOKENS);
    expect(await storage.compareAndSwap(TOKENS, version, Buffer.from('swapped'), MINUTE)).toBe(true);
    await storage.addToSet('{7fQx-_k}:sessions', 'a', MINUTE);
    expect(await storage.membersOfSet('{7fQx-_k}:sessions')).toEqual(['a']);
    await endMove(slot, from, to);
    expect(await valueOf(storage, KEY)).toBe('before');
    expect(await valueOf(storage, TOKENS)).toBe('swapped');
    expect(await storage.membersOfSet('{7fQx-_k}:sessions')).toEqual(['a']);
    expect(await storage.compareAndSwap(TOKENS, version, Buffer.from('old'), MINUTE)).toBe(false);
    expect(await storage.delete(KEY)).toBe(true);
    expect(await storage.delete(KEY)).toBe(false);
    await beginMove(slot, to, from);
    await endMove(slot, to, from);
    expect(await valueOf(storage, TOKENS)).toBe('swapped');
  });

  it('R13: who listens there is told that some may be missed, and hears on', async () => {
    const { primary: from } = await cluster.shardOf(KEY);
    const to = await anotherPrimary(from);
    const slot = String(slotOf(KEY));
    const [there, elsewhere] = [ear(), ear()];
    await storage.subscribe(CHANNEL, there);
    await storage.subscribe('{elsewhere}:notices', elsewhere);
    for (const [origin, target] of [[from, to] as const, [to, from] as const]) {
      const { missedSome } = there;
      await beginMove(slot, origin, target);
      await endMove(slot, origin, target);
      await until('the listener is told', () => there.missedSome > missedSome);
      const heard = there.heard.length;
      await until('it hears', async () => {
        await storage.publish(CHANNEL, 'x');
        return there.heard.length > heard;
      });
    }
  });

  it('R13: at a new listener’s first call, too', async () => {
    const { primary: from } = await cluster.shardOf(KEY);
    const to = await anotherPrimary(from);
    await beginMove(String(slotOf(KEY)), from, to);
    await endMove(String(slotOf(KEY)), from, to);
    const listener = ear();
    await storage.subscribe(CHANNEL, listener);
    for (const n of countTo(3)) await storage.publish(CHANNEL, `${n}`);
    await until('it hears', () => listener.heard.length === 3);
    await beginMove(String(slotOf(KEY)), to, from);
    await endMove(String(slotOf(KEY)), to, from);
  });
});
