import type { RedisUrl } from '../storage-url.js';
import { Calls } from './calls.js';
import { LONGEST_KEY, LONGEST_MEMBER, refuseLong } from './lengths.js';
import type { StorageObserver } from './observer.js';
import { Commands } from './redis/commands.js';
import { dangersOf } from './redis/dangers.js';
import { IndexSets } from './redis/index-sets.js';
import { Notices } from './redis/notices.js';
import { openTopology } from './redis/open-topology.js';
import { ReadCache } from './redis/read-cache.js';
import { Records } from './redis/records.js';
import type { Topology } from './redis/topology.js';
import { tryOut } from './redis/trial.js';
import { unavailable } from './redis/unavailable.js';
import type { NoticeListener, Storage, StoredRecord, Subscription } from './storage.js';

/** The distributed backend: Redis or Valkey. Rejects with {@link StorageUnavailable}, which says what is wrong. */
export async function openRedis(
  url: RedisUrl,
  caFile: string | undefined,
  observer: StorageObserver,
): Promise<Storage> {
  const cache = new ReadCache();
  const changed = (key?: string) => cache.changed(key);
  const topology = await openTopology(url, caFile, { observer, changed }).catch(failed);
  const storage = new RedisStorage(topology, cache);
  try {
    const passing = await tryOut(storage, topology);
    const dangers = await dangersOf(url, topology);
    for (const danger of passing === undefined ? dangers : [passing, ...dangers]) observer.danger(danger);
    return storage;
  } catch (error) {
    await storage.close();
    return failed(error);
  }
}

function failed(error: unknown): never {
  throw unavailable(error);
}

class RedisStorage implements Storage {
  readonly #topology: Topology;
  readonly #cache: ReadCache;
  readonly #records: Records;
  readonly #sets: IndexSets;
  readonly #notices: Notices;
  readonly #calls = new Calls(unavailable);

  constructor(topology: Topology, cache: ReadCache) {
    const commands = new Commands(topology);
    this.#topology = topology;
    this.#cache = cache;
    this.#records = new Records(commands, cache);
    this.#sets = new IndexSets(commands);
    this.#notices = new Notices(topology, commands);
  }

  get(key: string): Promise<StoredRecord | undefined> {
    return this.#run(key, () => this.#records.get(key));
  }

  getAll(keys: readonly string[]): Promise<(StoredRecord | undefined)[]> {
    return Promise.all(keys.map(key => this.get(key)));
  }

  put(key: string, value: Uint8Array, lifetime: number): Promise<void> {
    return this.#run(key, () => this.#records.put(key, value, lifetime));
  }

  putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return this.#run(key, () => this.#records.putIfAbsent(key, value, lifetime));
  }

  compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return this.#run(key, () => this.#records.compareAndSwap(key, version, value, lifetime));
  }

  delete(key: string): Promise<boolean> {
    return this.#run(key, () => this.#records.delete(key));
  }

  addToSet(key: string, member: string, lifetime: number): Promise<void> {
    return this.#run(key, () => {
      refuseLong(member, LONGEST_MEMBER);
      return this.#sets.add(key, member, lifetime);
    });
  }

  removeFromSet(key: string, member: string): Promise<void> {
    return this.#run(key, () => this.#sets.remove(key, member));
  }

  membersOfSet(key: string): Promise<string[]> {
    return this.#run(key, () => this.#sets.members(key));
  }

  publish(channel: string, notice: string): Promise<void> {
    return this.#run(channel, () => this.#notices.publish(channel, notice));
  }

  subscribe(channel: string, listener: NoticeListener): Promise<Subscription> {
    return this.#run(channel, async () => {
      const subscription = await this.#notices.subscribe(channel, this.#lookingAnew(channel, listener));
      this.#cache.changedBeside(channel);
      return subscription;
    });
  }

  /** One that answers is enough: a cluster that has lost a shard still has the sessions of the others. */
  ping(): Promise<void> {
    return this.#calls.run(async () => {
      const answers = this.#topology.primaries().map(primary => primary.ping());
      await Promise.any(answers).catch(() => answers[0]);
    });
  }

  /** Lets what is under way come to its end. */
  close(): Promise<void> {
    return this.#calls.close(() => this.#topology.close());
  }

  /** What a notice is about comes by another connection, maybe later: whoever hears it and looks must find it. */
  #lookingAnew(channel: string, listener: NoticeListener): NoticeListener {
    return {
      received: notice => {
        this.#cache.changedBeside(channel);
        listener.received(notice);
      },
      missed: () => {
        this.#cache.changedBeside(channel);
        listener.missed();
      },
    };
  }

  #run<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#calls.run(async () => {
      refuseLong(key, LONGEST_KEY);
      return work();
    });
  }
}
