import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Environment, openEnvironment } from '../src/bff/storage/embedded/environment.js';
import { sweep } from '../src/bff/storage/embedded/expiry.js';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import type { Storage } from '../src/bff/storage/storage.js';
import { countTo, fakeDate, KEY, MINUTE } from './storage-contract-context.js';
import { temporaryFolders } from './storage-folders.js';

const newFolder = temporaryFolders();

describe('the sweep of the embedded storage', () => {
  let environment: Environment;
  let storage: Storage;

  beforeEach(async () => {
    const directory = await newFolder();
    storage = await openEmbedded(directory);
    environment = await openEnvironment(directory);
    fakeDate.start();
  });
  afterEach(async () => {
    fakeDate.stop();
    await storage.close();
    await environment.release();
  });

  const entries = (): Record<string, number> => {
    const { records, sets, members, expiry } = environment;
    environment.refresh();
    const count = { records, sets, members, expiry };
    return Object.fromEntries(Object.entries(count).map(([name, table]) => [name, table.getCount()]));
  };

  it('removes what has expired, records and sets, in batches of a bounded size, and nothing that lives', async () => {
    const lifetime = (n: number) => (n % 2 ? MINUTE : 3 * MINUTE);
    await Promise.all(countTo(100).map(n => storage.put(`{${n}}:session`, Buffer.from('one'), lifetime(n))));
    await Promise.all(countTo(20).map(n => storage.addToSet(`{${n % 2}}:sessions`, `${n}`, lifetime(n))));
    expect(entries()).toEqual({ records: 100, sets: 2, members: 20, expiry: 102 });
    await fakeDate.advance(MINUTE);
    expect(await sweep(environment, 30)).toBe(30);
    expect(entries()).toMatchObject({ expiry: 72 });
    expect(await sweep(environment, 30)).toBe(21);
    expect(await sweep(environment, 30)).toBe(0);
    expect(entries()).toEqual({ records: 50, sets: 1, members: 10, expiry: 51 });
    await fakeDate.advance(2 * MINUTE);
    expect(await sweep(environment, 500)).toBe(51);
    expect(entries()).toEqual({ records: 0, sets: 0, members: 0, expiry: 0 });
  });

  it('leaves no index entry behind for what was overwritten, swapped, deleted or put again after it had expired', async () => {
    for (const n of countTo(5)) await storage.put(KEY, Buffer.from(`${n}`), MINUTE * (n + 1));
    const version = (await storage.get(KEY))?.version ?? '';
    await storage.compareAndSwap(KEY, version, Buffer.from('swapped'), 2 * MINUTE);
    for (const n of countTo(5)) await storage.addToSet('{k}:sessions', 'a', MINUTE * (n + 1));
    expect(entries()).toEqual({ records: 1, sets: 1, members: 1, expiry: 2 });
    await fakeDate.advance(2 * MINUTE);
    await storage.putIfAbsent(KEY, Buffer.from('again'), MINUTE);
    expect(entries()).toMatchObject({ records: 1, expiry: 2 });
    await storage.delete(KEY);
    expect(entries()).toMatchObject({ records: 0, expiry: 1 });
  });

  it('drops an index entry that two writers left behind, and keeps the record', async () => {
    await Promise.all(countTo(50).map(n => storage.put(KEY, Buffer.from(`${n}`), n < 49 ? MINUTE + n : 5 * MINUTE)));
    await fakeDate.advance(2 * MINUTE);
    await sweep(environment, 500);
    expect(entries()).toMatchObject({ records: 1, expiry: 1 });
    expect(String((await storage.get(KEY))?.value)).toBe('49');
  });

  it('an expired set that is used again before the sweep has none of its old members, before and after it', async () => {
    for (const member of ['a', 'b', 'c']) await storage.addToSet('{k}:sessions', member, MINUTE);
    await fakeDate.advance(MINUTE);
    await storage.addToSet('{k}:sessions', 'd', MINUTE);
    expect(entries()).toMatchObject({ sets: 1, members: 1, expiry: 1 });
    await sweep(environment, 500);
    expect(await storage.membersOfSet('{k}:sessions')).toEqual(['d']);
  });

  it('L8: a set that is added to for ever keeps no members that are over for long', async () => {
    for (const n of countTo(300)) {
      await storage.addToSet('{k}:sessions', `${(n * 7919) % 300}`, MINUTE);
      if (n % 20 === 19) await fakeDate.advance(MINUTE / 2);
    }
    expect((await storage.membersOfSet('{k}:sessions')).length).toBeLessThanOrEqual(20);
    expect(entries()['members']).toBeLessThan(150);
  });

  it.each(['the sweep', 'the next member'])(
    'L8: a large set that is over goes in slices, between which others write (by %s)',
    async what => {
      await Promise.all(countTo(1000).map(n => storage.addToSet('{k}:sessions', `${n}`, MINUTE)));
      await fakeDate.advance(MINUTE);
      const work =
        what === 'the sweep' ? sweep(environment, 500) : storage.addToSet('{k}:sessions', 'the next', MINUTE);
      const over = new AbortController();
      const ended = work.finally(() => over.abort());
      const left = [entries()['members'] ?? 0];
      while (!over.signal.aborted) {
        await new Promise(resolve => setImmediate(resolve));
        left.push(entries()['members'] ?? 0);
      }
      await ended;
      const largest = Math.max(...left.map((count, turn) => (left[turn - 1] ?? count) - count));
      expect([left.at(0), left.at(-1)]).toEqual([1000, what === 'the sweep' ? 0 : 1]);
      expect(largest).toBeLessThanOrEqual(200);
    },
  );

  it('starts by itself when the storage is opened', async () => {
    const directory = await newFolder();
    const earlier = await openEmbedded(directory);
    await Promise.all(countTo(700).map(n => earlier.put(`{${n}}:session`, Buffer.from('one'), MINUTE)));
    await earlier.close();
    await fakeDate.advance(MINUTE);
    const later = await openEmbedded(directory);
    const shared = await openEnvironment(directory);
    while (shared.records.getCount() > 0) {
      await pause(10);
      shared.refresh();
    }
    await later.close();
    await shared.release();
  });
});
