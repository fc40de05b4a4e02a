import type { KeyRing } from '../seal.js';
import type { Storage } from './storage.js';

/** Release N reads what N−1 wrote; a record of a format it doesn't know reads as absent. */
const FORMAT = 1;

export interface SealedRecord<T> {
  value: T;
  version: string;
}

/** What one frontend keeps at one issuer: JSON, sealed for its key, so that a record moved to another key, frontend or issuer doesn't open (R9, B28). */
export class SealedRecords {
  constructor(
    readonly storage: Storage,
    private readonly keys: KeyRing,
    private readonly issuer: string,
  ) {}

  async get<T>(key: string): Promise<SealedRecord<T> | undefined> {
    const stored = await this.storage.get(key);
    const opened = stored && this.keys.open('record', stored.value, this.place(key));
    if (!opened) return undefined;
    // the seal vouches that this code wrote it, for this very key
    const record = JSON.parse(opened.toString()) as { format: number; value: T };
    return record.format === FORMAT ? { value: record.value, version: stored.version } : undefined;
  }

  put(key: string, value: unknown, lifetime: number): Promise<void> {
    return this.storage.put(key, this.seal(key, value), lifetime);
  }

  compareAndSwap(key: string, version: string, value: unknown, lifetime: number): Promise<boolean> {
    return this.storage.compareAndSwap(key, version, this.seal(key, value), lifetime);
  }

  delete(key: string): Promise<boolean> {
    return this.storage.delete(key);
  }

  private seal(key: string, value: unknown): Buffer {
    return this.keys.seal('record', Buffer.from(JSON.stringify({ format: FORMAT, value })), this.place(key));
  }

  private place(key: string): string {
    return JSON.stringify([this.issuer, key]);
  }
}
