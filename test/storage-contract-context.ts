import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Storage } from '../src/bff/storage/storage.js';

export interface Clock {
  /** Milliseconds that stand for a minute. */
  minute: number;
  /** A part of it that is long enough for a few calls. */
  moment: number;
  start(): void;
  /** Milliseconds. Takes its time where the backend has a clock of its own. */
  advance(ms: number): void | Promise<void>;
  stop(): void;
}

export const MINUTE = 60_000;

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
  minute: MINUTE,
  moment: 1000,
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

/** For a backend that takes the time from elsewhere: a minute is short then. */
export const realTime: Clock = {
  minute: 1200,
  moment: 300,
  start: () => undefined,
  async advance(ms) {
    // a server counts whole milliseconds
    await pause(ms + 2);
  },
  stop: () => undefined,
};

export interface Context {
  storage: () => Storage;
  clock: Clock;
}

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
