import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageUnavailable } from '../storage.js';
import { refuseDamaged } from './damage.js';
import { type Environment, environmentAt, pathOf } from './environment.js';
import { sweep } from './expiry.js';
import { enterAlone, isRead, type Stay } from './occupancy.js';

export interface Compaction {
  file: string;
  /** In bytes, as well as `after`. */
  before: number;
  after: number;
  /** Records and index sets that were over and have been removed. */
  expired: number;
}

/**
 * Replaces the storage file by a copy without its free pages: LMDB's own never shrinks. In one step at its end, so that a process that is
 * killed in the middle, or a full disk, leaves the file as it was. Rejects with {@link StorageUnavailable} while another process has it open.
 */
export async function compact(directory: string): Promise<Compaction> {
  const path = pathOf(directory);
  try {
    await refuseForeign(path);
    const stay = await enterAlone(dirname(path));
    if (!stay) throw inUse(path);
    return await compactAlone(path, stay);
  } catch (cause) {
    if (cause instanceof StorageUnavailable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageUnavailable(`The storage file ${path} couldn't be compacted (${reason}). ${NOTHING_LOST}`, {
      cause,
    });
  }
}

const NOTHING_LOST = 'It is as it was, and nothing is lost.';

async function compactAlone(path: string, stay: Stay): Promise<Compaction> {
  const beside = `${path}.compacted`;
  try {
    // of a compaction that was killed
    await discard(beside);
    await refuseDamaged(path, Infinity);
    const { size: before, mode } = await stat(path);
    const expired = await copyLiving(path, beside);
    await refuseDamaged(beside, Infinity);
    const { size: after } = await stat(beside);
    await replace(path, beside, mode);
    return { file: path, before, after, expired };
  } finally {
    await discard(beside);
    await stay.leave();
  }
}

/** What is over goes first. Returns how much that was. */
async function copyLiving(path: string, copy: string): Promise<number> {
  const environment = environmentAt(path, { leave: async () => undefined });
  try {
    // it may be a program that knows nothing of who may enter
    if (isRead(environment.root)) throw inUse(path);
    const expired = await sweepAll(environment);
    await environment.root.backup(copy, true);
    return expired;
  } finally {
    await environment.release();
  }
}

async function sweepAll(environment: Environment): Promise<number> {
  let swept = 0;
  for (let due = 1; due > 0; swept += due) due = await sweep(environment, 500);
  return swept;
}

/**
 * On the disk before its name is: a power cut leaves the one or the other. LMDB's lock file goes with the old one, of whose last
 * transaction it tells.
 */
async function replace(path: string, copy: string, mode: number): Promise<void> {
  await chmod(copy, mode & 0o777);
  await sync(copy);
  await rm(`${path}-lock`, { force: true });
  await rename(copy, path);
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function discard(copy: string): Promise<void> {
  for (const file of [copy, `${copy}-lock`]) await rm(file, { force: true });
}

/** Another's new file (root's, say) could be opened by Parlour no more. */
async function refuseForeign(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size === 0)
    throw new StorageUnavailable(`There is no storage file ${path} yet: nothing to compact.`);
  const user = process.getuid?.();
  if (user === undefined || user === found.uid) return;
  throw new StorageUnavailable(
    `The storage file ${path} belongs to user ${found.uid}, and this is user ${user}: run it as the user that Parlour runs as. ${NOTHING_LOST}`,
  );
}

function inUse(path: string): StorageUnavailable {
  return new StorageUnavailable(
    `The storage file ${path} (STORAGE_URL) is open in another process. Stop every Parlour that uses it, compact it then, ` +
      `and start them again. ${NOTHING_LOST}`,
  );
}
