import { randomBytes } from 'node:crypto';
import type { StoredRecord } from '../storage.js';
import type { Argument } from './connection.js';
import type { Commands } from './commands.js';
import type { ReadCache } from './read-cache.js';
import { COMPARE_AND_SWAP } from './scripts.js';

/** What lies in Redis for a record: `version (12 bytes) · value`, in one string that expires. */
const VERSION = 12;

export class Records {
  readonly #commands: Commands;
  readonly #cache: ReadCache;

  constructor(commands: Commands, cache: ReadCache) {
    this.#commands = commands;
    this.#cache = cache;
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    const kept = this.#cache.find(key);
    return copyOf(kept ? kept.record : await this.#read(key));
  }

  async put(key: string, value: Uint8Array, lifetime: number): Promise<void> {
    await this.#write(key, ['SET', key, encode(value), 'PX', milliseconds(lifetime)]);
  }

  async putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return (await this.#write(key, ['SET', key, encode(value), 'PX', milliseconds(lifetime), 'NX'])) === 'OK';
  }

  async compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    const expected = Buffer.from(version, 'base64url');
    if (expected.length !== VERSION) return false;
    const args = [expected, encode(value), milliseconds(lifetime)];
    return (await this.#cache.writing(key, () => this.#commands.run(COMPARE_AND_SWAP, key, args))) === 1;
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#write(key, ['DEL', key])) === 1;
  }

  #write(key: string, command: Argument[]): Promise<unknown> {
    return this.#cache.writing(key, () => this.#commands.write(key, command));
  }

  async #read(key: string): Promise<StoredRecord | undefined> {
    const reading = this.#cache.begin(key);
    try {
      const { replies, connection } = await this.#commands.read(key, ['GET', key], ['PTTL', key]);
      const record = decode(replies[0]);
      const left = Number(replies[1]);
      // without a record it would be -2
      this.#cache.end(key, reading, { record, connection, left: record ? left : Infinity });
      return record;
    } catch (error) {
      this.#cache.end(key, reading);
      throw error;
    }
  }
}

/** At random, not counted: it has to differ after a delete and a new put as well, whatever process does them. Copies the value. */
function encode(value: Uint8Array): Buffer {
  return Buffer.concat([randomBytes(VERSION), value]);
}

function decode(reply: unknown): StoredRecord | undefined {
  if (!Buffer.isBuffer(reply) || reply.length < VERSION) return undefined;
  return { value: reply.subarray(VERSION), version: reply.toString('base64url', 0, VERSION) };
}

function copyOf(record: StoredRecord | undefined): StoredRecord | undefined {
  return record && { value: Buffer.from(record.value), version: record.version };
}

/** Redis refuses 0, and fractions. */
export function milliseconds(lifetime: number): string {
  return String(Math.max(1, Math.round(lifetime)));
}
