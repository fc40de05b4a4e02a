import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

/** Called once at the top of a spec: folders that are gone when it's through. */
export function temporaryFolders(): () => Promise<string> {
  let everything: string;
  beforeAll(async () => {
    everything = await mkdtemp(join(tmpdir(), 'parlour-storage-'));
  });
  afterAll(() => rm(everything, { recursive: true }));
  return () => mkdtemp(join(everything, 'folder-'));
}
