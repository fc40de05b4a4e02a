import { expect, it } from '@jest/globals';
import { openEnvironment } from '../src/bff/storage/embedded/environment.js';
import { sweep } from '../src/bff/storage/embedded/expiry.js';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import { opening, runInChild } from './storage-child.js';
import { countTo, fakeDate, KEY, MINUTE } from './storage-contract-context.js';
import { describeProcesses, killWhileWriting } from './storage-contract-processes.js';
import { temporaryFolders } from './storage-folders.js';
import { until } from './support/parlour.js';

const newFolder = temporaryFolders();
let directory: string;

async function share() {
  directory = await newFolder();
  return { storage: await openEmbedded(directory), opening: opening(directory) };
}

describeProcesses('the embedded storage', share, (shared, startChild) => {
  it('R7: kill -9 of the only process loses nothing acknowledged', async () => {
    await shared().storage.close();
    await killWhileWriting(startChild, async () => (shared().storage = await openEmbedded(directory)));
  });

  it('R7: a write is seen by another process once it is acknowledged, within one turn of the event loop too', async () => {
    const { storage } = shared();
    const before = storage.get(KEY);
    const put = `await storage.put('${KEY}', Buffer.from('by the child'), 60000); await storage.close();`;
    runInChild(directory, put);
    const after = storage.get(KEY);
    expect(await before).toBeUndefined();
    expect(String((await after)?.value)).toBe('by the child');
  });

  it('R13: the file may grow under another process, which reads and writes on', async () => {
    const { storage } = shared();
    const large = `await Promise.all(Array.from({ length: 200 }, (_, n) => storage.put('{' + n + '}:session', Buffer.alloc(100000, n), 60000)));`;
    runInChild(directory, `${large} await storage.close();`);
    for (const n of countTo(200)) {
      const value = (await storage.get(`{${n}}:session`))?.value ?? Buffer.alloc(0);
      expect(Buffer.alloc(100_000, n).equals(value)).toBe(true);
    }
    expect(await storage.putIfAbsent(KEY, Buffer.from('after it'), MINUTE)).toBe(true);
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
    for (const n of countTo(3)) await shared().storage.publish('{1}:notices', `${n}`);
    fakeDate.start();
    await fakeDate.advance(MINUTE + 1000);
    const environment = await openEnvironment(directory);
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
    expect(await shared().storage.delete(KEY)).toBe(true);
    await expect(other.get(KEY)).rejects.toBeInstanceOf(StorageUnavailable);
  });
});
