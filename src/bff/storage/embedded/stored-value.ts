import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What lies in the file for a record, and for a set: `crc32 (4 bytes) · expiresAt (8) · value`. */
export interface StoredValue {
  value: Uint8Array;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** lmdb keeps it beside the value and compares it inside the write transaction. */
  version: number;
}

export const NOTHING: Buffer = Buffer.alloc(0);

const EXPIRY = 4;
const VALUE = 12;

/** The sum is for the check at start (check.ts): what a flipped bit makes of a value would pass as sound LMDB. */
export function encode(value: Uint8Array, expiresAt: number): Buffer {
  const stored = Buffer.allocUnsafe(VALUE + value.length);
  stored.writeDoubleBE(expiresAt, EXPIRY);
  stored.set(value, VALUE);
  stored.writeUInt32BE(crc32(stored.subarray(EXPIRY)));
  return stored;
}

/** Copies. `length` is right where `byteLength` isn't: lmdb hands out one large buffer and sets its `length`. */
export function decode(bytes: Uint8Array, version: number): StoredValue {
  const stored = Buffer.allocUnsafe(bytes.length);
  stored.set(bytes.subarray(0, bytes.length));
  return { value: stored.subarray(VALUE), expiresAt: stored.readDoubleBE(EXPIRY), version };
}

export function isLiving(stored: StoredValue | undefined): stored is StoredValue {
  return stored !== undefined && stored.expiresAt > Date.now();
}

/** At random, not counted: it has to differ after a delete and a new put as well, whatever process does them. */
export function newVersion(): number {
  return randomInt(1, 2 ** 48 - 1);
}
