import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { compact } from '../src/bff/storage/embedded/compaction.js';
import { enterAlone } from '../src/bff/storage/embedded/occupancy.js';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import { nodeArguments, opening, source, waiting } from './storage-child.js';
import { countTo, KEY, MINUTE } from './storage-contract-context.js';
import { temporaryFolders } from './storage-folders.js';
import { until } from './support/parlour.js';
import { turnClock } from './support/scene.js';

const newFolder = temporaryFolders();
const children: ChildProcess[] = [];
afterEach(() => {
  jest.useRealTimers();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const fileIn = (directory: string) => join(directory, 'storage.mdb');
const compacting = `const { compact } = await import(${JSON.stringify(source('embedded/compaction.ts'))});`;
const DONE = { file: expect.stringMatching(/storage\.mdb$/), before: expect.any(Number), after: expect.any(Number) };

function start(script: string): ChildProcess {
  const child = spawn(process.execPath, nodeArguments(script), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  return child;
}

/** Records and index sets that live, and two megabytes of records and a set that are over; closed. */
async function filledFolder(): Promise<string> {
  const directory = await newFolder();
  const storage = await openEmbedded(directory);
  await Promise.all(countTo(400).map(n => storage.put(`{over ${n}}:session`, randomBytes(5000), 1)));
  await Promise.all(countTo(30).map(n => storage.addToSet('{over}:sessions', `${n}`, 1)));
  await Promise.all(countTo(100).map(n => storage.put(`{${n}}:session`, Buffer.from(`session ${n}`), MINUTE)));
  await Promise.all(countTo(100).map(n => storage.put(`{${n}}:tokens`, Buffer.from(`tokens ${n}`), MINUTE)));
  await Promise.all(countTo(50).map(n => storage.addToSet('{alice}:sessions', `${n}`, MINUTE)));
  await storage.close();
  return directory;
}

async function expectWhole(directory: string): Promise<void> {
  const storage = await openEmbedded(directory);
  for (const n of countTo(100)) {
    expect(String((await storage.get(`{${n}}:session`))?.value)).toBe(`session ${n}`);
    expect(String((await storage.get(`{${n}}:tokens`))?.value)).toBe(`tokens ${n}`);
  }
  expect((await storage.membersOfSet('{alice}:sessions')).toSorted()).toEqual(countTo(50).map(String).toSorted());
  expect(await storage.putIfAbsent(KEY, Buffer.from('goes on'), MINUTE)).toBe(true);
  expect(await storage.delete(KEY)).toBe(true);
  await storage.close();
}

describe('compacting the embedded storage', () => {
  it('R7: keeps every record, version and member that lives, and nothing else; the file is smaller and as private as it was', async () => {
    const directory = await filledFolder();
    const storage = await openEmbedded(directory);
    const { version } = (await storage.get('{1}:session')) ?? {};
    // others may have been swept already, on a machine that was slow
    await storage.put('{over at last}:session', Buffer.from('old'), MINUTE / 6);
    await storage.close();
    turnClock(20);
    await chmod(fileIn(directory), 0o640);
    const { size } = await stat(fileIn(directory));
    const done = await compact(directory);
    expect(done).toEqual({ ...DONE, before: size, expired: expect.any(Number) });
    expect(done.expired).toBeGreaterThan(0);
    const after = await stat(fileIn(directory));
    expect([after.size, after.mode & 0o777]).toEqual([done.after, 0o640]);
    expect(done.after).toBeLessThan(size / 5);
    expect((await readFile(fileIn(directory))).includes('{over')).toBe(false);
    expect((await readdir(directory)).toSorted()).toEqual(['locks', 'storage.mdb']);
    await expectWhole(directory);
    const later = await openEmbedded(directory);
    expect((await later.get('{1}:session'))?.version).toBe(version);
    await later.close();
    expect(await compact(directory)).toMatchObject({ expired: 0 });
    await expectWhole(directory);
  });

  it('R7: is refused while another process has the file open, or this one, and changes nothing', async () => {
    const directory = await filledFolder();
    const other = start(opening(directory) + waiting);
    await once(other, 'message');
    const { ino } = await stat(fileIn(directory));
    const isOpen = /storage\.mdb \(STORAGE_URL\) is open in another process\. Stop every Parlour that uses it/;
    await expect(compact(directory)).rejects.toThrow(isOpen);
    await expect(compact(directory)).rejects.toBeInstanceOf(StorageUnavailable);
    expect((await stat(fileIn(directory))).ino).toBe(ino);
    const storage = await openEmbedded(directory);
    other.kill('SIGKILL');
    await once(other, 'close');
    await expect(compact(directory)).rejects.toThrow(isOpen);
    await storage.close();
    expect(await compact(directory)).toMatchObject(DONE);
    await expectWhole(directory);
  });

  it('R7: is refused while another process is about to open the file', async () => {
    const directory = await filledFolder();
    const other = start(`
      const { enter } = await import(${JSON.stringify(source('embedded/occupancy.ts'))});
      const stay = await enter(${JSON.stringify(directory)});
      process.on('message', () => stay.leave().then(() => process.disconnect()));
      process.send('has entered');
    `);
    await once(other, 'message');
    await expect(compact(directory)).rejects.toThrow('is open in another process');
    other.send('leave');
    await once(other, 'close');
    expect(await compact(directory)).toMatchObject(DONE);
  });

  it('R7: lets a process that starts meanwhile wait until it’s through, and say so', async () => {
    const directory = await filledFolder();
    const stay = await enterAlone(directory);
    const child = start(`
      const { openEmbedded } = await import(${JSON.stringify(source('embedded.ts'))});
      const said = text => process.send(text);
      await openEmbedded(${JSON.stringify(directory)}, { lost: said, recovered: said });
      ${waiting}
    `);
    const order: unknown[] = [];
    child.on('message', said => order.push(said));
    await until('it has said something', () => order.length > 0);
    order.push('through');
    await stay?.leave();
    await until('it has opened it', () => order.includes('ready'));
    expect(order).toEqual([expect.stringContaining('is being compacted'), 'through', directory, 'ready']);
  });

  it('R7: is refused while a program reads the file that doesn’t say so before', async () => {
    const directory = await filledFolder();
    const reader = start(`
      import { open } from ${JSON.stringify(import.meta.resolve('lmdb'))};
      const root = open(${JSON.stringify(fileIn(directory))}, { readOnly: true });
      root.get('x');
      process.send('reads');
      setInterval(() => root.get('x'), 1000);
    `);
    await once(reader, 'message');
    await expect(compact(directory)).rejects.toThrow('is open in another process');
    reader.kill('SIGKILL');
    await once(reader, 'close');
    expect(await compact(directory)).toMatchObject(DONE);
  });

  it('R7: loses no write of processes that start and stop while it is done again and again', async () => {
    const directory = await filledFolder();
    const acknowledged: string[] = [];
    const writers = ['a', 'b'].map(name => {
      const writer = start(`
        const { openEmbedded } = await import(${JSON.stringify(source('embedded.ts'))});
        const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
        let over = false;
        process.on('message', () => { over = true; });
        for (let n = 0; !over; n += 1) {
          const storage = await openEmbedded(${JSON.stringify(directory)});
          await storage.put('{${name} ' + n + '}:session', Buffer.from('one'), 600000);
          process.send(n);
          await storage.close();
          await pause(Math.random() * 1000);
        }
        process.disconnect();
      `);
      writer.on('message', n => acknowledged.push(`{${name} ${Number(n)}}:session`));
      return writer;
    });
    for (let compacted = 0; compacted < 6 || acknowledged.length < 20;) {
      compacted += await compact(directory).then(
        () => 1,
        () => 0,
      );
      // the writers want their turn as well
      await pause(randomInt(200));
    }
    for (const writer of writers) writer.send('enough');
    await Promise.all(writers.map(writer => once(writer, 'close')));
    const storage = await openEmbedded(directory);
    for (const key of acknowledged) expect([key, (await storage.get(key)) !== undefined]).toEqual([key, true]);
    await storage.close();
    await expectWhole(directory);
  });

  it('R7: kill -9 at any moment leaves the file whole, and the next one takes away what was left', async () => {
    const directory = await filledFolder();
    const endless = `${compacting} process.send('begins'); for (;;) await compact(${JSON.stringify(directory)});`;
    let during = 0;
    for (let round = 0; round < 8; round += 1) {
      const storage = await openEmbedded(directory);
      await Promise.all(countTo(300).map(n => storage.put(`{over ${n}}:session`, randomBytes(5000), 1)));
      await storage.close();
      const child = start(endless);
      await once(child, 'message');
      // half of them beside the new file, the others anywhere
      if (round % 2) await until('the copy is there', () => existsSync(`${fileIn(directory)}.compacted`));
      else await pause(randomInt(600));
      child.kill('SIGKILL');
      await once(child, 'close');
      during += (await readdir(directory)).includes('storage.mdb.compacted') ? 1 : 0;
      await expectWhole(directory);
    }
    expect(during).toBeGreaterThan(0);
    await compact(directory);
    expect((await readdir(directory)).toSorted()).toEqual(['locks', 'storage.mdb']);
    await expectWhole(directory);
  });

  it('R6: without room for the copy it is refused with the reason, and nothing is lost or left over', async () => {
    const directory = await newFolder();
    const storage = await openEmbedded(directory);
    await Promise.all(countTo(400).map(n => storage.put(`{${n}}:session`, randomBytes(10_000), MINUTE)));
    await storage.close();
    const script = `${compacting} await compact(${JSON.stringify(directory)}).catch(error => process.stdout.write(error.message));`;
    const command = ['-c', 'trap "" XFSZ; ulimit -f 2000; exec "$@"', 'sh', process.execPath];
    const said = execFileSync('bash', [...command, ...nodeArguments(script)], { timeout: 60_000, encoding: 'utf8' });
    expect(said).toMatch(
      /storage\.mdb couldn't be compacted \(File too large\)\. It is as it was, and nothing is lost\.$/,
    );
    expect(await readdir(directory)).not.toContain('storage.mdb.compacted');
    const later = await openEmbedded(directory);
    for (const n of countTo(400)) expect(await later.get(`{${n}}:session`)).toBeDefined();
    await later.close();
  });

  it('R6: a damaged file is refused and left as it is, and so is one that isn’t there, is empty or a folder', async () => {
    const directory = await filledFolder();
    await truncate(fileIn(directory), 100_000);
    const before = await readFile(fileIn(directory));
    // in a child: without the check it would take the test's process with it
    const script = `${compacting} await compact(${JSON.stringify(directory)}).catch(error => process.stdout.write(error.message));`;
    const said = execFileSync(process.execPath, nodeArguments(script), { timeout: 20_000, encoding: 'utf8' });
    expect(said).toMatch(/storage\.mdb is damaged/);
    expect((await readFile(fileIn(directory))).equals(before)).toBe(true);
    await rename(fileIn(directory), join(directory, 'away'));
    await expect(compact(directory)).rejects.toThrow(/no storage file .*storage\.mdb yet/);
    await writeFile(fileIn(directory), '');
    await expect(compact(directory)).rejects.toThrow(/no storage file/);
    const other = await newFolder();
    await mkdir(fileIn(other));
    await expect(compact(other)).rejects.toThrow(/no storage file/);
  });

  it('R6: a user to whom the file doesn’t belong is refused: Parlour could open a file of theirs no more', async () => {
    const directory = await filledFolder();
    const script = `
      process.getuid = () => 4711;
      ${compacting}
      await compact(${JSON.stringify(directory)}).catch(error => process.stdout.write(error.message));
    `;
    const said = execFileSync(process.execPath, nodeArguments(script), { timeout: 20_000, encoding: 'utf8' });
    expect(said).toMatch(/belongs to user \d+, and this is user 4711: run it as the user that Parlour runs as/);
  });
});
