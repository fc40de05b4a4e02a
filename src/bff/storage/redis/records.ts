import { randomBytes } from 'node:crypto';
import type { StoredRecord } from '../storage.js';
import type { Commands } from './commands.js';
import { COMPARE_AND_SWAP } from './scripts.js';

/** What lies in Redis for a record: `version (12 bytes) · value`, in one string that expires. */
const VERSION = 12;

export class Records {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    const { replies } = await this.#commands.read(key, ['GET', key]);
    return decode(replies[0]);
  }

  async put(key: string, value: Uint8Array, lifetime: number): Promise<void> {
    await this.#commands.write(key, ['SET', key, encode(value), 'PX', milliseconds(lifetime)]);
  }

  async putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    return (await this.#commands.write(key, ['SET', key, encode(value), 'PX', milliseconds(lifetime), 'NX'])) === 'OK';
  }

  async compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean> {
    const expected = Buffer.from(version, 'base64url');
    if (expected.length !== VERSION) return false;
    return (await this.#commands.run(COMPARE_AND_SWAP, key, [expected, encode(value), milliseconds(lifetime)])) === 1;
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#commands.write(key, ['DEL', key])) === 1;
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

/** Redis refuses 0, and fractions. */
export function milliseconds(lifetime: number): string {
  return String(Math.max(1, Math.round(lifetime)));
}
