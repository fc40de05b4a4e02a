import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEnvironment } from '../src/bff/storage/embedded/environment.js';
import { sweep } from '../src/bff/storage/embedded/expiry.js';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import { type Storage, StorageUnavailable } from '../src/bff/storage/storage.js';
import { nodeArguments, opening, runInChild, waiting } from './storage-child.js';
import { countTo, fakeDate, KEY, MINUTE } from './storage-contract-context.js';
import { ear } from './storage-contract-notices.js';
import { temporaryFolders } from './storage-folders.js';
import { until } from './support/parlour.js';

const newFolder = temporaryFolders();

describe('several processes on one embedded storage', () => {
  let directory: string;
  let storage: Storage;
  let children: ChildProcess[];

  beforeEach(async () => {
    children = [];
    directory = await newFolder();
    storage = await openEmbedded(directory);
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await storage.close();
  });

  /** Runs `script` with `storage` and `say` at hand; resolves when the child has opened the folder and waits for `go`. */
  async function startChild(script: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, nodeArguments(opening(directory) + waiting + script), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the child has ended')));
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return child;
  }

  it('A1: of two processes that put a key if absent at the same moment exactly one wins', async () => {
    const keys = countTo(300).map(n => `{${n}}:taken`);
    const child = await startChild(`
      const won = ${JSON.stringify(keys)}.map(key => storage.putIfAbsent(key, Buffer.from('child'), 60000));
      process.send(await Promise.all(won));
    `);
    child.send('go');
    const [here, [there]] = await Promise.all([
      Promise.all(keys.map(key => storage.putIfAbsent(key, Buffer.from('parent'), MINUTE))),
      once(child, 'message'),
    ]);
    expect(there).toEqual(here.map(won => !won));
    const winners = await Promise.all(keys.map(async key => String((await storage.get(key))?.value)));
    expect(winners).toEqual(here.map(won => (won ? 'parent' : 'child')));
  });

  it('R3: what two processes swap into one record by turns is all in it', async () => {
    await storage.put(KEY, Buffer.from('0'), MINUTE);
    const child = await startChild(`
      const { value } = await (${countUp.toString()})(storage, '${KEY}', 200);
      process.send(value);
    `);
    child.send('go');
    await Promise.all([countUp(storage, KEY, 200), once(child, 'message')]);
    expect(String((await storage.get(KEY))?.value)).toBe('400');
  });

  it('R7: a write is seen by another process once it is acknowledged, within one turn of the event loop too', async () => {
    const before = storage.get(KEY);
    const put = `await storage.put('${KEY}', Buffer.from('by the child'), 60000); await storage.close();`;
    runInChild(directory, put);
    const after = storage.get(KEY);
    expect(await before).toBeUndefined();
    expect(String((await after)?.value)).toBe('by the child');
  });

  it('R13: the file may grow under another process, which reads and writes on', async () => {
    const large = `await Promise.all(Array.from({ length: 200 }, (_, n) => storage.put('{' + n + '}:session', Buffer.alloc(100000, n), 60000)));`;
    runInChild(directory, `${large} await storage.close();`);
    for (const n of countTo(200)) {
      expect(Buffer.alloc(100_000, n).equals((await storage.get(`{${n}}:session`))?.value ?? Buffer.alloc(0))).toBe(
        true,
      );
    }
    expect(await storage.putIfAbsent(KEY, Buffer.from('after it'), MINUTE)).toBe(true);
  });

  it.each([
    ['and another process is at it too', true],
    ['and it was the only one', false],
  ])('R7: kill -9 in the middle of writing loses nothing acknowledged (%s)', async (_, shared) => {
    if (!shared) await storage.close();
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
    if (!shared) storage = await openEmbedded(directory);
    const lost = await Promise.all(acknowledged.map(async n => (await storage.get(`{${n}}:session`)) === undefined));
    expect(lost.filter(Boolean)).toHaveLength(0);
    expect(await storage.putIfAbsent(KEY, Buffer.from('goes on'), MINUTE)).toBe(true);
  });

  it('L10: what one process says is heard in the others, from each as often as it was said', async () => {
    const child = await startChild(`
      const said = Array.from({ length: 300 }, (_, n) => storage.publish('{1}:notices', 'child ' + n));
      process.send(await Promise.all(said));
    `);
    const listener = ear();
    await storage.subscribe('{1}:notices', listener);
    child.send('go');
    await Promise.all([
      ...countTo(300).map(n => storage.publish('{1}:notices', `parent ${n}`)),
      once(child, 'message'),
    ]);
    await until('all are heard', () => listener.heard.length >= 600);
    const said = countTo(300).flatMap(n => [`child ${n}`, `parent ${n}`]);
    expect(listener.heard.toSorted()).toEqual(said.toSorted());
    expect(listener.missedSome).toBe(0);
  });

  it('R13: a process that stood still for longer than notices are kept is told that it has missed some', async () => {
    const child = await startChild(`
      const tell = said => process.send(said);
      await storage.subscribe('{1}:notices', { received: tell, missed: () => tell('missed some') });
      tell('listens');
      process.on('message', () => undefined);
    `);
    const heard: unknown[] = [];
    child.on('message', said => heard.push(said));
    child.send('go');
    await until('the child listens', () => heard.includes('listens'));
    child.kill('SIGSTOP');
    for (const n of countTo(3)) await storage.publish('{1}:notices', `${n}`);
    fakeDate.start();
    await fakeDate.advance(MINUTE + 1000);
    const environment = openEnvironment(directory);
    await sweep(environment, 500);
    await environment.release();
    fakeDate.stop();
    child.kill('SIGCONT');
    await until('it hears on', () => heard.includes('2'));
    expect(heard).toEqual(['listens', 'missed some', '2']);
  });

  it('shares the file with another opener in the same process, and closes it with the last', async () => {
    const other = await openEmbedded(directory);
    await other.put(KEY, Buffer.from('one'), MINUTE);
    await other.close();
    expect(await storage.delete(KEY)).toBe(true);
    await expect(other.get(KEY)).rejects.toBeInstanceOf(StorageUnavailable);
  });
});

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
