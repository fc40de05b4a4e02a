import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Storage } from '../src/bff/storage/storage.js';
import { nodeArguments, waiting } from './storage-child.js';
import { countTo, KEY, MINUTE } from './storage-contract-context.js';
import { ear } from './storage-contract-notices.js';
import { until } from './support/parlour.js';

/** A storage that several processes share: `opening` is what a child does to open the same, as `storage`. */
export interface Shared {
  storage: Storage;
  opening: string;
}

export type StartChild = (script: string) => Promise<ChildProcess>;

/** What every backend must do where several processes are at it. `more`: tests of the one backend. */
export function describeProcesses(
  name: string,
  share: () => Promise<Shared>,
  more: (shared: () => Shared, startChild: StartChild) => void = () => undefined,
): void {
  describe(`several processes: ${name}`, () => {
    let shared: Shared;
    let children: ChildProcess[];
    beforeEach(async () => {
      children = [];
      shared = await share();
    });
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL');
      await shared.storage.close();
    });

    /** Runs `script` in a child, with `storage` at hand; resolves when that has been opened and waits for `go`. */
    const startChild: StartChild = async script => {
      const child = spawn(process.execPath, nodeArguments(shared.opening + waiting + script), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('the child has ended')));
      await Promise.race([once(child, 'message'), ended]);
      ended.catch(() => undefined);
      return child;
    };
    describeShared(() => shared.storage, startChild);
    more(() => shared, startChild);
  });
}

function describeShared(storage: () => Storage, startChild: StartChild): void {
  it('A1: of two processes that put a key if absent at the same moment exactly one wins', async () => {
    const keys = countTo(300).map(n => `{${n}}:taken`);
    const child = await startChild(`
      const won = ${JSON.stringify(keys)}.map(key => storage.putIfAbsent(key, Buffer.from('child'), 60000));
      process.send(await Promise.all(won));
    `);
    child.send('go');
    const [here, [there]] = await Promise.all([
      Promise.all(keys.map(key => storage().putIfAbsent(key, Buffer.from('parent'), MINUTE))),
      once(child, 'message'),
    ]);
    expect(there).toEqual(here.map(won => !won));
    const winners = await Promise.all(keys.map(async key => String((await storage().get(key))?.value)));
    expect(winners).toEqual(here.map(won => (won ? 'parent' : 'child')));
  });

  it('R3: what two processes swap into one record by turns is all in it', async () => {
    await storage().put(KEY, Buffer.from('0'), MINUTE);
    const child = await startChild(`
      const { value } = await (${countUp.toString()})(storage, '${KEY}', 200);
      process.send(value);
    `);
    child.send('go');
    await Promise.all([countUp(storage(), KEY, 200), once(child, 'message')]);
    expect(String((await storage().get(KEY))?.value)).toBe('400');
  });

  it('R7: kill -9 in the middle of writing loses nothing acknowledged', async () => {
    await killWhileWriting(startChild, storage);
  });

  it('L10: what one process says is heard in the others, from each as often as it was said', async () => {
    const child = await startChild(`
      const said = Array.from({ length: 300 }, (_, n) => storage.publish('{1}:notices', 'child ' + n));
      process.send(await Promise.all(said));
    `);
    const listener = ear();
    await storage().subscribe('{1}:notices', listener);
    child.send('go');
    await Promise.all([
      ...countTo(300).map(n => storage().publish('{1}:notices', `parent ${n}`)),
      once(child, 'message'),
    ]);
    await until('all are heard', () => listener.heard.length >= 600);
    const said = countTo(300).flatMap(n => [`child ${n}`, `parent ${n}`]);
    expect(listener.heard.toSorted()).toEqual(said.toSorted());
    expect(listener.missedSome).toBe(0);
  });
}

/** `storage` is asked for when the child is dead. */
export async function killWhileWriting(
  startChild: StartChild,
  storage: () => Storage | Promise<Storage>,
): Promise<void> {
  const child = await startChild(`
    for (let n = 0; ; n += 20) {
      await Promise.all(Array.from({ length: 20 }, async (_, m) => {
        const key = '{' + (n + m) + '}:session';
        await storage.put(key, Buffer.from(key), 600000);
        process.send(n + m);
      }));
    }
  `);
  const acknowledged: number[] = [];
  child.on('message', n => acknowledged.push(Number(n)));
  child.send('go');
  while (acknowledged.length < 200) await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'close');
  const opened = await storage();
  const lost = await Promise.all(acknowledged.map(async n => (await opened.get(`{${n}}:session`)) === undefined));
  expect(lost.filter(Boolean)).toHaveLength(0);
  expect(await opened.putIfAbsent(KEY, Buffer.from('goes on'), MINUTE)).toBe(true);
}

/** Swaps a number up `times` times. In one piece, because a child gets its text. */
async function countUp(storage: Storage, key: string, times: number): Promise<{ value: string }> {
  let value = '';
  for (let done = 0; done < times;) {
    const record = await storage.get(key);
    if (!record) throw new Error('the record has gone');
    value = String(Number(Buffer.from(record.value).toString()) + 1);
    if (await storage.compareAndSwap(key, record.version, Buffer.from(value), 60_000)) done += 1;
  }
  return { value };
}
