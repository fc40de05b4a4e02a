import type { StoredRecord } from '../storage.js';
import type { Connection } from './connection.js';
import { TaggedMap } from './tagged-map.js';

/** Milliseconds that a record may be given out for without asking, from when it was asked for: R13 allows no more, whatever connection is dead. */
const BELIEVED = 2000;
/** A session has three; what is believed for two seconds need not be many. */
const MOST = 5000;

interface Kept {
  record: StoredRecord | undefined;
  /** Where it would be said that the record has changed. */
  connection: Connection;
  /** By the monotonic clock. */
  until: number;
}

/** What is being read of a key; `isStale`: it has changed since, so it's given to who asked, and to nobody else. */
export interface Reading {
  readonly began: number;
  isStale: boolean;
}

/**
 * Records that needn't be asked for: the server says on the very connection on which they were read when they change (client tracking), so no
 * message can be lost without the connection, and with it they aren't believed any more. @redis/client has such a cache, too, but counts the
 * time from the answer and by the wall clock, and gives out what this process itself has just written over until the server has said so.
 */
export class ReadCache {
  readonly #kept = new TaggedMap<Kept>();
  readonly #readings = new TaggedMap<Set<Reading>>();
  readonly #writing = new Map<string, number>();

  find(key: string): Kept | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    if (kept.connection.isOpen && performance.now() < kept.until) return kept;
    this.#kept.delete(key);
    return undefined;
  }

  begin(key: string): Reading {
    const reading = { began: performance.now(), isStale: this.#writing.has(key) };
    const others = this.#readings.get(key);
    if (others) others.add(reading);
    else this.#readings.set(key, new Set([reading]));
    return reading;
  }

  /** `left`: milliseconds that the record has to live. */
  end(
    key: string,
    reading: Reading,
    read?: { record: StoredRecord | undefined; connection: Connection; left: number },
  ) {
    const readings = this.#readings.get(key);
    readings?.delete(reading);
    if (readings?.size === 0) this.#readings.delete(key);
    if (!read || reading.isStale) return;
    const until = reading.began + Math.min(BELIEVED, read.left);
    this.#kept.delete(key);
    this.#kept.set(key, { record: read.record, connection: read.connection, until });
    this.#dropOld();
  }

  /** `undefined`: any may have. */
  changed(key?: string): void {
    if (key === undefined) {
      for (const each of [...this.#kept.keys(), ...this.#readings.keys()]) this.changed(each);
      return;
    }
    this.#kept.delete(key);
    for (const reading of this.#readings.get(key) ?? []) reading.isStale = true;
  }

  /** Whatever shares the tag of `key` may have. Comes for thousands of streams at once, when their connection is back. */
  changedBeside(key: string): void {
    for (const each of [...this.#kept.beside(key), ...this.#readings.beside(key)]) this.changed(each);
  }

  /**
   * What is read meanwhile may be from before or after, so none of it is kept. Nor is what shares the tag: who writes, and then looks whether the session
   * has ended meanwhile, has to be told what is so now (R10).
   */
  async writing<T>(key: string, write: () => Promise<T>): Promise<T> {
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    this.changed(key);
    try {
      return await write();
    } finally {
      const others = (this.#writing.get(key) ?? 0) - 1;
      if (others > 0) this.#writing.set(key, others);
      else this.#writing.delete(key);
      this.changedBeside(key);
    }
  }

  /** The oldest stand first. */
  #dropOld(): void {
    const now = performance.now();
    for (const [key, { until }] of this.#kept) {
      if (until > now && this.#kept.size <= MOST) return;
      this.#kept.delete(key);
    }
  }
}
