import { deflated, inflated } from '../deflate.js';
import type { KeyRing } from '../seal.js';
import { OpenedRecords } from './opened-records.js';
import type { Storage, StoredRecord } from './storage.js';

/** Release N reads what N−1 wrote; a record of a format it doesn't know reads as absent, and that is said. */
const FORMAT = 1;

export interface SealedRecord<T> {
  value: T;
  version: string;
}

/** What one frontend keeps at one issuer: `format (1 byte) · JSON, compressed`, sealed for its key, so that a record moved to another key, frontend or issuer doesn't open (R9, B28). */
export class SealedRecords {
  private readonly opened = new OpenedRecords();

  /** `onUnknownFormat`: another release wrote it. */
  constructor(
    readonly storage: Storage,
    private readonly keys: KeyRing,
    private readonly issuer: string,
    private readonly onUnknownFormat: (format: unknown) => void = () => {},
  ) {}

  /** The value is frozen: whoever reads the same version gets the same one. */
  async get<T>(key: string): Promise<SealedRecord<T> | undefined> {
    return this.found(key, await this.storage.get(key));
  }

  /** Several of one tag. */
  async getAll<T extends unknown[]>(
    keys: Readonly<{ [At in keyof T]: string }>,
  ): Promise<{ [At in keyof T]: SealedRecord<T[At]> | undefined }> {
    const stored = await this.storage.getAll(keys);
    const found = keys.map((key, at) => this.found(key, stored[at]));
    return found as { [At in keyof T]: SealedRecord<T[At]> | undefined };
  }

  private found<T>(key: string, stored: StoredRecord | undefined): SealedRecord<T> | undefined {
    if (!stored) {
      this.opened.forget(key);
      return undefined;
    }
    const opened = this.opened.get(key, stored.version) ?? this.open(key, stored);
    // the seal vouches that a release of this code wrote it, for this very key
    return opened && { value: opened.value as T, version: stored.version };
  }

  put(key: string, value: unknown, lifetime: number): Promise<void> {
    return this.storage.put(key, this.seal(key, value), lifetime);
  }

  compareAndSwap(key: string, version: string, value: unknown, lifetime: number): Promise<boolean> {
    return this.storage.compareAndSwap(key, version, this.seal(key, value), lifetime);
  }

  delete(key: string): Promise<boolean> {
    this.opened.forget(key);
    return this.storage.delete(key);
  }

  private open(key: string, { value, version }: StoredRecord): { value: unknown } | undefined {
    const record = this.keys.open('record', value, this.place(key));
    if (!record) return undefined;
    if (record[0] !== FORMAT) {
      this.onUnknownFormat(record[0]);
      return undefined;
    }
    return this.opened.keep(key, version, JSON.parse(inflated(record.subarray(1))));
  }

  private seal(key: string, value: unknown): Buffer {
    const record = Buffer.concat([Buffer.of(FORMAT), deflated(JSON.stringify(value))]);
    return this.keys.seal('record', record, this.place(key));
  }

  private place(key: string): string {
    return JSON.stringify([this.issuer, key]);
  }
}
