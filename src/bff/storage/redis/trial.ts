import type { Storage } from '../storage.js';
import type { Primary } from './primary.js';
import type { Topology } from './topology.js';

const LIFETIME = 5000;

/** What may pass by itself: better to start, and say it. */
const PASSING = /^(?:OOM|NOREPLICAS|MISCONF|LOADING|CLUSTERDOWN) /;

/**
 * Does once whatever a storage does: what the user has no right for fails here, and not when somebody logs in. Rejects with
 * {@link StorageUnavailable}. Resolves with what is wrong for the moment.
 */
export async function tryOut(storage: Storage, topology: Topology): Promise<string | undefined> {
  try {
    await tryAll(storage, topology);
    return undefined;
  } catch (error) {
    const { cause, message } = error instanceof Error ? error : new Error();
    if (cause instanceof Error && PASSING.test(cause.message)) return message;
    throw error;
  }
}

async function tryAll(storage: Storage, topology: Topology): Promise<void> {
  const tag = tagAtHand(topology);
  const primary = topology.primaryOf(tag);
  await storage.ping();
  await tryRecords(storage, `${tag}:trial`);
  await tryIndexSets(storage, `${tag}:trials`);
  // only now and then do scripts have to be sent, not just named
  await primary.write(['EVAL', 'return 1', '1', `${tag}:trial`]);
  await tryNotices(primary, `${tag}:notices`);
  await storage.publish(`${tag}:notices`, 'trial');
}

async function tryRecords(storage: Storage, key: string): Promise<void> {
  await storage.put(key, Buffer.from('1'), LIFETIME);
  await storage.putIfAbsent(key, Buffer.from('2'), LIFETIME);
  const { version = '' } = (await storage.get(key)) ?? {};
  await storage.compareAndSwap(key, version, Buffer.from('3'), LIFETIME);
  await storage.delete(key);
}

async function tryIndexSets(storage: Storage, key: string): Promise<void> {
  await storage.addToSet(key, 'trial', LIFETIME);
  await storage.membersOfSet(key);
  await storage.removeFromSet(key, 'trial');
}

/** Not by the storage: what fails when somebody stops to listen is nobody's error there. */
async function tryNotices(primary: Primary, channel: string): Promise<void> {
  const connection = await primary.connect('notices');
  try {
    const received = () => undefined;
    await connection.subscribe(channel, received);
    await connection.unsubscribe(channel, received);
  } finally {
    connection.close();
  }
}

/** One whose server can be reached: a cluster that has lost a shard is no reason not to start. */
function tagAtHand(topology: Topology): string {
  for (let n = 0; n < 1000; n++) {
    const tag = `{parlour:${n}}`;
    if (topology.has(tag) && topology.primaryOf(tag).reads.connection) return tag;
  }
  return '{parlour}';
}
