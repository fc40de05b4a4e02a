import { randomBytes } from 'node:crypto';
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import { compact } from '../src/bff/storage/embedded/compaction.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import { runInChild } from './storage-child.js';
import { countTo, MINUTE } from './storage-contract-context.js';
import { temporaryFolders } from './storage-folders.js';

const newFolder = temporaryFolders();

async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

describe('a damaged file of the embedded storage', () => {
  const isDamaged = (path: string) =>
    new RegExp(`${path} is damaged \\(.+\\).*[Rr]estore it.*move it away.*sessions in it are lost`);

  /** A folder with a few hundred kilobytes in its file, closed. */
  async function filledFolder(): Promise<{ directory: string; path: string }> {
    const directory = await newFolder();
    const storage = await openEmbedded(directory);
    await Promise.all(countTo(200).map(n => storage.put(`{${n}}:session`, randomBytes(3000), MINUTE)));
    await Promise.all(countTo(200).map(n => storage.addToSet('{s}:sessions', `member ${n}`, MINUTE)));
    await storage.put('{marked}:session', Buffer.from('here is the marked value'), MINUTE);
    await storage.close();
    return { directory, path: join(directory, 'storage.mdb') };
  }

  const damages: [string, (path: string) => Promise<void>][] = [
    ['cut in half', async path => truncate(path, (await stat(path)).size / 2)],
    ['cut to its first page', path => truncate(path, 4096)],
    ['cut to a few bytes', path => truncate(path, 100)],
    ['with garbage for a header', path => overwrite(path, 0, randomBytes(16_384))],
    ['with zeros for a header', path => overwrite(path, 0, Buffer.alloc(16_384))],
    ['that is something else', path => writeFile(path, 'A note to myself\n'.repeat(5000))],
    ['with garbage in the middle', async path => overwrite(path, 4096 * 40, randomBytes(4096 * 40))],
    [
      'with one wrong byte in a value',
      async path => overwrite(path, (await readFile(path)).lastIndexOf('the marked value'), Buffer.from('T')),
    ],
  ];

  it.each(damages)('R6: a file %s is told before it is opened, and left as it is', async (_, damage) => {
    const { directory, path } = await filledFolder();
    await damage(path);
    const before = await readFile(path);
    await expect(openEmbedded(directory)).rejects.toThrow(isDamaged(path));
    await expect(openEmbedded(directory)).rejects.toBeInstanceOf(StorageUnavailable);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('R7: a sound file passes the check and is opened with what it holds, also while somebody else has it open', async () => {
    const { directory } = await filledFolder();
    const storage = await openEmbedded(directory);
    expect(String((await storage.get('{marked}:session'))?.value)).toBe('here is the marked value');
    expect(await storage.membersOfSet('{s}:sessions')).toHaveLength(200);
    const count = `process.stdout.write(String((await storage.membersOfSet('{s}:sessions')).length)); await storage.close();`;
    expect(runInChild(directory, count)).toBe('200');
    await storage.close();
  });
});

describe('a large file of the embedded storage', () => {
  /** More entries than a start reads; the last one is marked. */
  async function largeFile(): Promise<{ directory: string; path: string }> {
    const directory = await newFolder();
    const storage = await openEmbedded(directory);
    const value = randomBytes(3000);
    for (const hundred of countTo(101))
      await Promise.all(countTo(100).map(n => storage.put(`{${hundred * 100 + n}}:session`, value, MINUTE)));
    await storage.put('{~}:session', Buffer.from('here is the marked value'), MINUTE);
    await storage.close();
    return { directory, path: join(directory, 'storage.mdb') };
  }

  it('R6: is read in part at a start, and to its end before it’s compacted', async () => {
    const { directory, path } = await largeFile();
    await overwrite(path, (await readFile(path)).lastIndexOf('the marked value'), Buffer.from('T'));
    const storage = await openEmbedded(directory);
    expect(String((await storage.get('{10050}:session'))?.value.length)).toBe('3000');
    await storage.close();
    await expect(compact(directory)).rejects.toThrow(/is damaged \(a wrong checksum in records\)/);
  });

  it('R6: is refused when its end is lost', async () => {
    const { directory, path } = await largeFile();
    await truncate(path, (await stat(path)).size / 2);
    await expect(openEmbedded(directory)).rejects.toThrow(/is damaged \(it was longer than \d+ bytes\)/);
  });
});
