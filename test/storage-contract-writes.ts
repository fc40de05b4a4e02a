import { expect, it } from '@jest/globals';
import { bytes, type Context, countTo, KEY, MINUTE, valueOf, versionOf } from './storage-contract-context.js';

export function describePutIfAbsent({ storage, clock }: Context): void {
  const { minute } = clock;
  it('A1: puts if absent once; what is there stays, with its lifetime and its version', async () => {
    clock.start();
    expect(await storage().putIfAbsent(KEY, bytes('first'), minute)).toBe(true);
    const version = await versionOf(storage(), KEY);
    expect(await storage().putIfAbsent(KEY, bytes('second'), 9 * minute)).toBe(false);
    expect(await valueOf(storage(), KEY)).toBe('first');
    expect(await versionOf(storage(), KEY)).toBe(version);
    await clock.advance(minute);
    expect(await storage().get(KEY)).toBeUndefined();
  });

  it('A1: of a hundred parallel put-if-absent calls exactly one wins, and its value is the one that stays', async () => {
    const won = await Promise.all(countTo(100).map(n => storage().putIfAbsent(KEY, bytes(`${n}`), MINUTE)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await valueOf(storage(), KEY)).toBe(`${won.indexOf(true)}`);
  });

  it('A1: of a hundred parallel put-if-absent calls on an expired record exactly one wins', async () => {
    clock.start();
    await storage().put(KEY, bytes('expired'), minute);
    await clock.advance(minute);
    const won = await Promise.all(countTo(100).map(n => storage().putIfAbsent(KEY, bytes(`${n}`), minute)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await valueOf(storage(), KEY)).toBe(`${won.indexOf(true)}`);
  });
}

export function describeCompareAndSwap({ storage }: Context): void {
  it('R3: swaps while the version is still the one that was read, and not a second time', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    const version = await versionOf(storage(), KEY);
    expect(await storage().compareAndSwap(KEY, version, bytes('two'), MINUTE)).toBe(true);
    expect(await storage().compareAndSwap(KEY, version, bytes('three'), MINUTE)).toBe(false);
    expect(await valueOf(storage(), KEY)).toBe('two');
    expect(await storage().compareAndSwap(KEY, await versionOf(storage(), KEY), bytes('three'), MINUTE)).toBe(true);
  });

  it('R3: of a hundred parallel swaps of one version exactly one wins, and its value is the one that stays', async () => {
    await storage().put(KEY, bytes('start'), MINUTE);
    const version = await versionOf(storage(), KEY);
    const won = await Promise.all(countTo(100).map(n => storage().compareAndSwap(KEY, version, bytes(`${n}`), MINUTE)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await valueOf(storage(), KEY)).toBe(`${won.indexOf(true)}`);
  });

  it('R4: a swap after a delete writes nothing', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    const version = await versionOf(storage(), KEY);
    await storage().delete(KEY);
    expect(await storage().compareAndSwap(KEY, version, bytes('back again'), MINUTE)).toBe(false);
    expect(await storage().get(KEY)).toBeUndefined();
  });

  it('R4: a delete that runs beside a swap is not undone', async () => {
    for (const n of countTo(20)) {
      const key = `{${n}}:tokens`;
      await storage().put(key, bytes('one'), MINUTE);
      const version = await versionOf(storage(), key);
      const [, deleted] = await Promise.all([
        storage().compareAndSwap(key, version, bytes('two'), MINUTE),
        storage().delete(key),
      ]);
      expect([deleted, await storage().get(key)]).toEqual([true, undefined]);
    }
  });

  it('R3: the version differs after a delete and a new put, so an old swap writes nothing', async () => {
    await storage().put(KEY, bytes('same'), MINUTE);
    const version = await versionOf(storage(), KEY);
    await storage().delete(KEY);
    await storage().put(KEY, bytes('same'), MINUTE);
    expect(await versionOf(storage(), KEY)).not.toBe(version);
    expect(await storage().compareAndSwap(KEY, version, bytes('old'), MINUTE)).toBe(false);
    expect(await valueOf(storage(), KEY)).toBe('same');
  });

  it('R10: a swap with a version that was never given out, or on an unknown key, writes nothing', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    for (const version of ['', '0', 'null', '-1', 'NaN', 'ÿ']) {
      expect(await storage().compareAndSwap(KEY, version, bytes('two'), MINUTE)).toBe(false);
      expect(await storage().compareAndSwap('{unknown}:session', version, bytes('two'), MINUTE)).toBe(false);
    }
    expect(await valueOf(storage(), KEY)).toBe('one');
    expect(await storage().get('{unknown}:session')).toBeUndefined();
  });
}

export function describeDelete({ storage }: Context): void {
  it('deletes once: the second time, and for an unknown key, there was nothing', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    expect(await storage().delete(KEY)).toBe(true);
    expect(await storage().get(KEY)).toBeUndefined();
    expect(await storage().delete(KEY)).toBe(false);
    expect(await storage().delete('{unknown}:session')).toBe(false);
  });

  it('of a hundred parallel deletes exactly one says that it was the one', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    const deleted = await Promise.all(countTo(100).map(() => storage().delete(KEY)));
    expect(deleted.filter(Boolean)).toHaveLength(1);
  });
}
