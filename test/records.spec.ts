import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { KeyRing } from '../src/bff/seal.js';
import { openStorage } from '../src/bff/storage/open.js';
import { SealedRecords } from '../src/bff/storage/sealed-records.js';
import type { Storage } from '../src/bff/storage/storage.js';
import { randomKey, temporaryDirectory } from './support/parlour.js';

const ISSUER = 'https://as.example';
const keys = new KeyRing([randomKey()], 'shop');
const MINUTE = 60_000;
let storage: Storage;
let records: SealedRecords;

beforeAll(async () => {
  storage = await openStorage(`file:${join(temporaryDirectory(), 'data')}`);
  records = new SealedRecords(storage, keys, ISSUER);
  await records.put('{shop:1}:a', { user: 'alice' }, MINUTE);
});
afterAll(() => storage.close());

async function storedAt(key: string): Promise<Buffer> {
  const stored = await storage.get(key);
  return Buffer.from(stored?.value ?? []);
}

describe('a sealed record', () => {
  it('R9: is read where it was put, and can’t be read in the storage', async () => {
    expect(await records.get('{shop:1}:a')).toMatchObject({ value: { user: 'alice' } });
    expect((await storedAt('{shop:1}:a')).includes('alice')).toBe(false);
  });

  it('R9: is absent at another key', async () => {
    await storage.put('{shop:2}:a', await storedAt('{shop:1}:a'), MINUTE);
    expect(await records.get('{shop:2}:a')).toBeUndefined();
  });

  it('B28: is absent at another issuer, and with another frontend’s keys', async () => {
    expect(await new SealedRecords(storage, keys, 'https://as.example/').get('{shop:1}:a')).toBeUndefined();
    const bank = new KeyRing([randomKey()], 'bank');
    expect(await new SealedRecords(storage, bank, ISSUER).get('{shop:1}:a')).toBeUndefined();
  });

  it('R8: of a format that this release doesn’t know is absent, stays as it is, and that is said', async () => {
    const place = JSON.stringify([ISSUER, '{shop:3}:a']);
    const said: unknown[] = [];
    const watched = new SealedRecords(storage, keys, ISSUER, format => said.push(format));
    const newer = Buffer.concat([Buffer.of(2), deflateRawSync('1')]);
    await storage.put('{shop:3}:a', keys.seal('record', newer, place), MINUTE);
    const before = await storedAt('{shop:3}:a');
    expect(await watched.get('{shop:3}:a')).toBeUndefined();
    expect(said).toEqual([2]);
    expect(await storedAt('{shop:3}:a')).toEqual(before);
  });

  it('R13: that was opened before is read anew once another writer has changed it, and is gone once it’s deleted', async () => {
    const other = new SealedRecords(storage, keys, ISSUER);
    for (const value of [1, 2, 3]) {
      await other.put('{shop:4}:a', value, MINUTE);
      for (const reader of [records, other, records]) expect((await reader.get('{shop:4}:a'))?.value).toBe(value);
    }
    await other.delete('{shop:4}:a');
    expect(await records.get('{shop:4}:a')).toBeUndefined();
  });

  it('R9: that was opened before doesn’t open for a copy of it under the same key of another version that was altered', async () => {
    await records.put('{shop:5}:a', 1, MINUTE);
    expect((await records.get('{shop:5}:a'))?.value).toBe(1);
    const altered = await storedAt('{shop:5}:a');
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    await storage.put('{shop:5}:a', altered, MINUTE);
    expect(await records.get('{shop:5}:a')).toBeUndefined();
  });

  it('can’t be changed by whoever has read it', async () => {
    await records.put('{shop:6}:a', { list: [1] }, MINUTE);
    const first = await records.get<{ list: number[] }>('{shop:6}:a');
    expect(() => first?.value.list.push(2)).toThrow(TypeError);
    expect((await records.get('{shop:6}:a'))?.value).toEqual({ list: [1] });
  });

  it('R3: is swapped only while its version is the one that was read', async () => {
    await records.put('{shop:4}:a', 1, MINUTE);
    const { version = '' } = (await records.get('{shop:4}:a')) ?? {};
    const swaps = [2, 3, 4].map(value => records.compareAndSwap('{shop:4}:a', version, value, MINUTE));
    expect((await Promise.all(swaps)).filter(Boolean)).toHaveLength(1);
    expect(await records.compareAndSwap('{shop:4}:a', version, 5, MINUTE)).toBe(false);
  });
});
