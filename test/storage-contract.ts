import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Storage, StorageUnavailable } from '../src/bff/storage/storage.js';
import { bytes, type Clock, type Context, countTo, fakeDate, KEY, MINUTE } from './storage-contract-context.js';
import { describeLifetimes, describeRecords } from './storage-contract-records.js';
import { describeNotices } from './storage-contract-notices.js';
import { describeSets } from './storage-contract-sets.js';
import { describeCompareAndSwap, describeDelete, describePutIfAbsent } from './storage-contract-writes.js';

/** What every backend must do, over and over the same. `open` gives an empty storage each time. */
export function describeStorage(name: string, open: () => Promise<Storage>, clock: Clock = fakeDate): void {
  describe(`the storage contract: ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
    });
    afterEach(async () => {
      clock.stop();
      await storage.close();
    });
    const context = { storage: () => storage, clock };
    describeRecords(context);
    describeLifetimes(context);
    describePutIfAbsent(context);
    describeCompareAndSwap(context);
    describeDelete(context);
    describeSets(context);
    describeNotices(context);
    describeClose(context);
  });
}

function describeClose({ storage }: Context): void {
  it('lets what is under way come to its end when it closes; closing twice is no error', async () => {
    const puts = countTo(50).map(n => storage().put(`{${n}}:session`, bytes('one'), MINUTE));
    // These have to try again when another one was faster.
    const adds = countTo(50).map(n => storage().addToSet('{s}:sessions', `${n}`, MINUTE + n));
    await Promise.all([storage().close(), ...puts, ...adds]);
    await expect(storage().close()).resolves.toBeUndefined();
  });

  it('R6: once closed, every method rejects with StorageUnavailable', async () => {
    await storage().put(KEY, bytes('one'), MINUTE);
    await storage().close();
    const calls: (() => Promise<unknown>)[] = [
      () => storage().get(KEY),
      () => storage().put(KEY, bytes('two'), MINUTE),
      () => storage().putIfAbsent(KEY, bytes('two'), MINUTE),
      () => storage().compareAndSwap(KEY, '1', bytes('two'), MINUTE),
      () => storage().delete(KEY),
      () => storage().addToSet(KEY, 'a', MINUTE),
      () => storage().removeFromSet(KEY, 'a'),
      () => storage().membersOfSet(KEY),
      () => storage().ping(),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StorageUnavailable);
  });
}
