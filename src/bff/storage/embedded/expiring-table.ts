import { type Database, getLastVersion } from 'lmdb';
import { LONGEST_KEY, refuseLong } from '../lengths.js';
import type { Environment } from './environment.js';
import { decode, encode, newVersion, NOTHING, type StoredValue } from './stored-value.js';

/**
 * A table whose values expire. It's changed with conditional writes, not in transactions with a callback: those would hold the lock of
 * all processes while this one's event loop is busy. So a change reads, decides, and writes if what it read is still there.
 */
export class ExpiringTable {
  readonly #environment: Environment;
  readonly #kind: 'records' | 'sets';

  constructor(environment: Environment, kind: 'records' | 'sets') {
    this.#environment = environment;
    this.#kind = kind;
  }

  /** What is stored, expired or not. */
  read(key: string): StoredValue | undefined {
    this.#environment.refresh();
    return this.#readOne(key);
  }

  /** All in one transaction, of which each costs lmdb a timer. */
  readAll(keys: readonly string[]): (StoredValue | undefined)[] {
    this.#environment.refresh();
    return keys.map(key => this.#readOne(key));
  }

  #readOne(key: string): StoredValue | undefined {
    refuseLong(key, LONGEST_KEY);
    // Twice as fast as `getEntry`. The bytes are lmdb's own, and good until the next read: `decode` copies them.
    const stored = this.#table.getBinaryFast(key);
    return stored && decode(stored, getLastVersion());
  }

  /** Whatever `writes` writes, in any table, is written in one transaction, and only while `found` is still what's stored. */
  ifUnchanged(key: string, found: StoredValue | undefined, writes: () => void): Promise<boolean> {
    return found ? this.#table.ifVersion(key, found.version, writes) : this.#table.ifNoExists(key, writes);
  }

  /** Only inside a batch or {@link ifUnchanged}, whose promise stands for all: these throw at once or not at all. */
  write(key: string, value: Uint8Array, expiresAt: number, replaced: StoredValue | undefined): void {
    if (replaced) void this.#environment.expiry.remove([replaced.expiresAt, this.#kind, key]);
    void this.#table.put(key, encode(value, expiresAt), newVersion());
    void this.#environment.expiry.put([expiresAt, this.#kind, key], NOTHING);
  }

  remove(key: string, removed: StoredValue): void {
    void this.#table.remove(key);
    void this.#environment.expiry.remove([removed.expiresAt, this.#kind, key]);
  }

  get #table(): Database<Buffer, string> {
    return this.#environment[this.#kind];
  }
}
