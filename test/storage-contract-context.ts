import { jest } from '@jest/globals';
import type { Storage } from '../src/bff/storage/storage.js';

export interface Clock {
  start(): void;
  /** Milliseconds. May take its time where the backend has a clock of its own. */
  advance(ms: number): void | Promise<void>;
  stop(): void;
}

const NOT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** For a backend that takes the time from `Date.now()`: nothing but `Date` is faked, so that everything else goes on. */
export const fakeDate: Clock = {
  start() {
    jest.useFakeTimers({ now: Date.now(), doNotFake: [...NOT_DATE] });
  },
  advance(ms) {
    jest.setSystemTime(Date.now() + ms);
  },
  stop() {
    jest.useRealTimers();
  },
};

export interface Context {
  storage: () => Storage;
  clock: Clock;
}

export const MINUTE = 60_000;
export const KEY = '{7fQx-_k}:session';
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const plain = (value: Uint8Array | undefined) => value && Buffer.from(value);

export async function valueOf(storage: Storage, key: string): Promise<string | undefined> {
  return plain((await storage.get(key))?.value)?.toString('utf8');
}

export async function versionOf(storage: Storage, key: string): Promise<string> {
  const record = await storage.get(key);
  if (!record) throw new Error(`no record under ${key}`);
  return record.version;
}

export function countTo(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
