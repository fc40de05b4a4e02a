import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { bytes, type Context, KEY, MINUTE, plain, valueOf, versionOf } from './storage-contract-context.js';

export function describeRecords({ storage }: Context): void {
  it('gives back what was put, and nothing for a key that was never written', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    expect(await valueOf(storage(), KEY)).toBe('one');
    expect(await storage().get('{7fQx-_k}:tokens')).toBeUndefined();
  });

  it('gives several of one tag in the order that was asked for, each as it is alone', async () => {
    const [one, two] = ['{several}:tokens', '{several}:session'];
    await storage().put(one, bytes('one'), MINUTE);
    await storage().put(two, bytes('two'), MINUTE);
    const asked = [two, '{several}:seen', one];
    const found = await storage().getAll(asked);
    expect(found).toEqual(await Promise.all(asked.map(key => storage().get(key))));
    expect(found.map(record => plain(record?.value)?.toString())).toEqual(['two', undefined, 'one']);
  });

  it('replaces the record on a second put, and its version with it', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    const version = await versionOf(storage(), KEY);
    await storage().put(KEY, bytes('one'), MINUTE);
    expect(await versionOf(storage(), KEY)).not.toBe(version);
  });

  it('keeps the version while nobody writes', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    expect(await versionOf(storage(), KEY)).toBe(await versionOf(storage(), KEY));
  });

  it('keeps bytes as they are: all of them, none, and 100 kB', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const value of [all, new Uint8Array(), randomBytes(100_000)]) {
      await storage().put(KEY, value, MINUTE);
      expect(plain((await storage().get(KEY))?.value)).toEqual(plain(value));
    }
  });

  it("doesn't change what it has stored, or given out, when the caller's buffers change", async () => {
    const value = bytes('as it was put');
    const put = storage().put(KEY, value, MINUTE);
    value.fill(0);
    await put;
    const given = (await storage().get(KEY))?.value;
    await storage().put('{other}:session', bytes('something else'), MINUTE);
    await storage().get('{other}:session');
    expect(plain(given)?.toString()).toBe('as it was put');
    given?.fill(0);
    expect(await valueOf(storage(), KEY)).toBe('as it was put');
  });

  it('tells keys apart that differ in braces, colons, letter case, their end, or by being 400 characters long', async () => {
    const long = `{${'k'.repeat(390)}}:tokens`;
    const keys = [
      '{a}:b',
      '{a}:B',
      '{a}',
      '{a}:',
      'a:b',
      '{a:b}',
      '{a}:b:',
      '{a}:b:c',
      '{a}{b}',
      ' ~!"#$%',
      long,
      `${long}1`,
    ];
    await Promise.all(keys.map(key => storage().put(key, bytes(`value of ${key}`), MINUTE)));
    for (const key of keys) expect(await valueOf(storage(), key)).toBe(`value of ${key}`);
  });

  it('answers a ping', async () => {
    await expect(storage().ping()).resolves.toBeUndefined();
  });
}

export function describeLifetimes({ storage, clock }: Context): void {
  const { minute, moment } = clock;
  it('has no record any more when its lifetime is over: for get, delete, compare-and-swap and put-if-absent', async () => {
    clock.start();
    await storage().put(KEY, bytes('old'), minute);
    const version = await versionOf(storage(), KEY);
    await clock.advance(minute - moment);
    expect(await valueOf(storage(), KEY)).toBe('old');
    await clock.advance(moment);
    expect(await storage().get(KEY)).toBeUndefined();
    expect(await storage().compareAndSwap(KEY, version, bytes('swapped'), minute)).toBe(false);
    expect(await storage().delete(KEY)).toBe(false);
    expect(await storage().putIfAbsent(KEY, bytes('new'), minute)).toBe(true);
    expect(await valueOf(storage(), KEY)).toBe('new');
  });

  it('counts the lifetime from the last write, be it longer or shorter than before', async () => {
    clock.start();
    await storage().put('{a}:longer', bytes('1'), minute);
    await storage().put('{a}:shorter', bytes('1'), 3 * minute);
    await storage().put('{a}:longer', bytes('2'), 3 * minute);
    await storage().compareAndSwap('{a}:shorter', await versionOf(storage(), '{a}:shorter'), bytes('2'), minute);
    await clock.advance(2 * minute);
    expect(await valueOf(storage(), '{a}:longer')).toBe('2');
    expect(await valueOf(storage(), '{a}:shorter')).toBeUndefined();
  });
}
