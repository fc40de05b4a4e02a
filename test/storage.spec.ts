import { execFileSync } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../src/bff/storage/embedded.js';
import { openStorage } from '../src/bff/storage/open.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import { nodeArguments, opening, source } from './storage-child.js';
import { describeStorage } from './storage-contract.js';
import { KEY, MINUTE } from './storage-contract-context.js';
import { temporaryFolders } from './storage-folders.js';

const newFolder = temporaryFolders();

describeStorage('embedded', async () => openEmbedded(await newFolder()));

describe('the folder of the embedded storage', () => {
  it('an empty file is a new storage', async () => {
    const directory = await newFolder();
    await writeFile(join(directory, 'storage.mdb'), '');
    const storage = await openEmbedded(directory);
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    await storage.close();
  });

  it('is for its owner alone, and so is the folder when it is made', async () => {
    const directory = join(await newFolder(), 'made', 'here');
    const storage = await openEmbedded(directory);
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await mode(directory)).toBe(0o700);
    expect(await mode(join(directory, 'storage.mdb'))).toBe(0o600);
    expect(await mode(join(directory, 'storage.mdb-lock'))).toBe(0o600);
    await storage.close();
  });

  it("a folder that can't be made or written to is told by its name", async () => {
    const directory = await newFolder();
    await writeFile(join(directory, 'a-file'), '');
    await expect(openEmbedded(join(directory, 'a-file'))).rejects.toThrow(
      `The storage folder ${directory}/a-file can't be used`,
    );
    await mkdir(join(directory, 'is-a-folder', 'storage.mdb'), { recursive: true });
    await expect(openEmbedded(join(directory, 'is-a-folder'))).rejects.toThrow(
      /is-a-folder.*(can't be used|couldn't be checked)/,
    );
  });

  it('R6: a full disk rejects with StorageUnavailable and its reason, reads go on, and writes again when there is room', async () => {
    const script = `
      const { StorageUnavailable } = await import(${JSON.stringify(source('storage.ts'))});
      await storage.put('{small}:session', Buffer.from('one'), 60000);
      const outcomes = [];
      for (let n = 0; n < 40; n += 1) {
        await storage.put('{' + n + '}:session', Buffer.alloc(100000), 60000).catch(error => outcomes.push(error));
      }
      const told = outcomes.length > 0 && outcomes.every(error => error instanceof StorageUnavailable && error.cause instanceof Error);
      const read = String((await storage.get('{small}:session')).value);
      const parallel = await Promise.allSettled([
        ...Array.from({ length: 20 }, (_, n) => storage.putIfAbsent('{parallel ' + n + '}:session', Buffer.alloc(100000), 60000)),
        ...Array.from({ length: 20 }, (_, n) => storage.put('{parallel put ' + n + '}:session', Buffer.alloc(100000), 60000)),
      ]);
      const refused = parallel.every(({ reason }) => reason instanceof StorageUnavailable);
      const room = await storage.delete('{0}:session');
      await storage.put('{after}:session', Buffer.from('one'), 60000);
      await storage.close();
      process.stdout.write(JSON.stringify({ told, read, refused, room }));
    `;
    const command = ['-c', 'trap "" XFSZ; ulimit -f 4000; exec "$@"', 'sh', process.execPath];
    const folder = await newFolder();
    const output = execFileSync('bash', [...command, ...nodeArguments(opening(folder) + script)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    });
    expect(JSON.parse(String(output))).toEqual({ told: true, read: 'one', refused: true, room: true });
  });

  it('R6: a ping fails when the file has been taken away under the open storage', async () => {
    const directory = await newFolder();
    const storage = await openEmbedded(directory);
    await rm(join(directory, 'storage.mdb'));
    await expect(storage.ping()).rejects.toBeInstanceOf(StorageUnavailable);
    await storage.close();
  });

  it('refuses a key of more than 400 characters, an empty one and a member of more than 1000, and goes on', async () => {
    const storage = await openEmbedded(await newFolder());
    for (const key of ['', 'k'.repeat(401), 'k'.repeat(5000)]) {
      await expect(storage.put(key, Buffer.from('one'), MINUTE)).rejects.toBeInstanceOf(StorageUnavailable);
      await expect(storage.removeFromSet(key, 'a')).rejects.toBeInstanceOf(StorageUnavailable);
    }
    await expect(storage.addToSet(KEY, 'm'.repeat(1001), MINUTE)).rejects.toBeInstanceOf(StorageUnavailable);
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    await storage.close();
  });
});

describe('a storage URL', () => {
  it('file:/absolute, file:///absolute and file:./relative name a folder', async () => {
    const directory = await newFolder();
    for (const url of [`file:${directory}`, `file://${directory}`, `file:${relative(process.cwd(), directory)}`]) {
      const storage = await openStorage(url);
      await storage.put(KEY, Buffer.from(url), MINUTE);
      await storage.close();
      expect((await stat(join(directory, 'storage.mdb'))).size).toBeGreaterThan(0);
    }
  });

  it.each(['', './data', 'redis:localhost', 'sqlite:./x', 'file:', 'file://host/data', 'https://example.org'])(
    'anything else (%p) is refused, and it is said how it is written',
    async url => {
      await expect(openStorage(url)).rejects.toThrow(/file:\.\/folder or file:\/absolute\/folder/);
    },
  );
});
