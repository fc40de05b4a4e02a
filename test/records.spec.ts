import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
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

  it('R9: of a format that this release doesn’t know is absent', async () => {
    const place = JSON.stringify([ISSUER, '{shop:3}:a']);
    await storage.put('{shop:3}:a', keys.seal('record', Buffer.from('{"format":2,"value":1}'), place), MINUTE);
    expect(await records.get('{shop:3}:a')).toBeUndefined();
  });

  it('R3: is swapped only while its version is the one that was read', async () => {
    await records.put('{shop:4}:a', 1, MINUTE);
    const { version = '' } = (await records.get('{shop:4}:a')) ?? {};
    const swaps = [2, 3, 4].map(value => records.compareAndSwap('{shop:4}:a', version, value, MINUTE));
    expect((await Promise.all(swaps)).filter(Boolean)).toHaveLength(1);
    expect(await records.compareAndSwap('{shop:4}:a', version, 5, MINUTE)).toBe(false);
  });
});
