import { Calls } from './calls.js';
import { type Environment, openEnvironment } from './embedded/environment.js';
import { startSweeping } from './embedded/expiry.js';
import { IndexSets } from './embedded/index-sets.js';
import { Notices } from './embedded/notices.js';
import { Records } from './embedded/records.js';
import { unavailable } from './embedded/unavailable.js';
import { unobserved } from './observer.js';
import type { NoticeListener, Storage, StoredRecord, Subscription } from './storage.js';

/**
 * The embedded backend: LMDB in a folder of this machine, for any number of its processes (not for a network file system: LMDB's
 * locks and memory map need a local one). What is acknowledged is on the disk. Rejects with {@link StorageUnavailable} when the
 * folder can't be used, and when the file is damaged; then it is left as it is.
 */
export async function openEmbedded(directory: string, observer = unobserved): Promise<Storage> {
  return new EmbeddedStorage(await openEnvironment(directory, observer));
}

class EmbeddedStorage implements Storage {
  readonly #environment: Environment;
  readonly #records: Records;
  readonly #sets: IndexSets;
  readonly #notices: Notices;
  readonly #stopSweeping: () => Promise<void>;
  readonly #calls = new Calls(unavailable);

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#records = new Records(environment);
    this.#sets = new IndexSets(environment);
    this.#notices = new Notices(environment);
    this.#stopSweeping = startSweeping(environment);
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    const [record] = await this.getAll([key]);
    return record;
  }

  async getAll(keys: readonly string[]): Promise<(StoredRecord | undefined)[]> {
    this.#calls.refuseWhenClosed();
    try {
      return this.#records.getAll(keys);
    } catch (error) {
      throw await unavailable(error);
    }
  }

  put(key: string, value: Uint8Array, lifetime: number): Promise<void> {
    return this.#calls.run(() => this.#records.put(key, value, lifetime));
  }

  putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return this.#calls.run(() => this.#records.putIfAbsent(key, value, lifetime));
  }

  compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return this.#calls.run(() => this.#records.compareAndSwap(key, version, value, lifetime));
  }

  delete(key: string): Promise<boolean> {
    return this.#calls.run(() => this.#records.delete(key));
  }

  addToSet(key: string, member: string, lifetime: number): Promise<void> {
    return this.#calls.run(() => this.#sets.add(key, member, lifetime));
  }

  removeFromSet(key: string, member: string): Promise<void> {
    return this.#calls.run(() => this.#sets.remove(key, member));
  }

  membersOfSet(key: string): Promise<string[]> {
    return this.#calls.run(async () => this.#sets.members(key));
  }

  publish(channel: string, notice: string): Promise<void> {
    return this.#calls.run(() => this.#notices.publish(channel, notice));
  }

  subscribe(channel: string, listener: NoticeListener): Promise<Subscription> {
    return this.#calls.run(async () => this.#notices.subscribe(channel, listener));
  }

  ping(): Promise<void> {
    return this.#calls.run(() => this.#environment.ping());
  }

  /** Lets what is under way come to its end: LMDB mustn't be touched once it's closed, that would end the process. */
  close(): Promise<void> {
    this.#notices.stop();
    const swept = this.#stopSweeping();
    return this.#calls.close(() => swept.then(() => this.#environment.release()));
  }
}
