import type { StoredRecord } from '../storage.js';
import type { Environment } from './environment.js';
import { ExpiringTable } from './expiring-table.js';
import { isLiving, type StoredValue } from './stored-value.js';

export class Records {
  readonly #environment: Environment;
  readonly #table: ExpiringTable;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#table = new ExpiringTable(environment, 'records');
  }

  getAll(keys: readonly string[]): (StoredRecord | undefined)[] {
    return this.#table.readAll(keys).map(recordOf);
  }

  async put(key: string, value: Uint8Array, lifetime: number): Promise<void> {
    const found = this.#table.read(key);
    await this.#environment.root.batch(() => this.#table.write(key, value, Date.now() + lifetime, found));
  }

  /** Tries again when somebody was faster: it may have been the sweep, which leaves the key absent. */
  async putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    for (;;) {
      const found = this.#table.read(key);
      if (isLiving(found)) return false;
      const write = () => this.#table.write(key, value, Date.now() + lifetime, found);
      if (await this.#table.ifUnchanged(key, found, write)) return true;
    }
  }

  async compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    const found = this.#table.read(key);
    if (!isLiving(found) || String(found.version) !== version) return false;
    return this.#table.ifUnchanged(key, found, () => this.#table.write(key, value, Date.now() + lifetime, found));
  }

  /** Tries again when the record was replaced meanwhile: the new one has to go as well. */
  async delete(key: string): Promise<boolean> {
    for (;;) {
      const found = this.#table.read(key);
      if (!isLiving(found)) return false;
      if (await this.#table.ifUnchanged(key, found, () => this.#table.remove(key, found))) return true;
    }
  }

  /** A record that has been replaced by one that lives stays. */
  async removeExpired(key: string): Promise<void> {
    const found = this.#table.read(key);
    if (found && !isLiving(found)) await this.#table.ifUnchanged(key, found, () => this.#table.remove(key, found));
  }
}

function recordOf(found: StoredValue | undefined): StoredRecord | undefined {
  return isLiving(found) ? { value: found.value, version: String(found.version) } : undefined;
}
