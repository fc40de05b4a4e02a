import { mkdirSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { type StorageObserver, unobserved } from '../observer.js';
import { StorageUnavailable } from '../storage.js';
import { refuseDamaged } from './damage.js';
import { enter, type Stay } from './occupancy.js';

/** The LMDB environment of a folder: one file, and tables in it that can be written in one transaction. */
export interface Environment {
  readonly root: RootDatabase<Buffer, string>;
  readonly records: Database<Buffer, string>;
  readonly sets: Database<Buffer, string>;
  readonly members: Database<Buffer, [set: string, member: string | Uint8Array]>;
  /** Notices by their number, without a gap. */
  readonly notices: Database<Buffer, number>;
  /** What expires when, by time. An entry may be out of date, but nothing that expires is without one. */
  readonly expiry: Database<Buffer, ExpiryKey>;
  /** To be called before reading: lmdb keeps one snapshot for a turn of the event loop, and another process may have written since. */
  refresh(): void;
  /** Rejects when the folder doesn't hold the open file any more: what's written now would be gone at the next start. */
  ping(): Promise<void>;
  /** Closes the environment with its last holder. */
  release(): Promise<void>;
}

type ExpiryKey = [expiresAt: number, kind: 'records' | 'sets', key: string];

export function pathOf(directory: string): string {
  return join(resolve(directory), 'storage.mdb');
}

/** LMDB forbids to open a file twice in one process (its locks are the process's): who comes second shares. */
const opened = new Map<string, { environment: Promise<Environment>; holders: number }>();

/** Rejects with {@link StorageUnavailable} when the folder can't be used, and when the file is damaged; then it is left as it is. */
export function openEnvironment(directory: string, observer = unobserved): Promise<Environment> {
  const path = pathOf(directory);
  const shared = opened.get(path) ?? { environment: create(dirname(path), path, observer), holders: 0 };
  shared.holders += 1;
  opened.set(path, shared);
  shared.environment.catch(() => {
    if (opened.get(path) === shared) opened.delete(path);
  });
  return shared.environment;
}

async function create(directory: string, path: string, observer: StorageObserver): Promise<Environment> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stay = await enter(directory, observer);
    try {
      await refuseDamaged(path);
      return environmentAt(path, stay);
    } catch (error) {
      await stay.leave();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof StorageUnavailable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageUnavailable(
      `The storage folder ${directory} can't be used (${reason}). It has to be a folder on a local disk that this process may write to.`,
      { cause },
    );
  }
}

/**
 * `overlappingSync` off: a write is acknowledged when it's on the disk. With it, lmdb's default, an acknowledged write can be lost by
 * a power cut, and by a mere kill where the next start has another boot id (R7). `eventTurnBatching` off: with it, a failed commit (a
 * full disk) also rejects a promise that lmdb keeps to itself, which ends the process (R6); what belongs together is batched explicitly.
 * `pageSize`, of a new file: what is larger than half a page gets pages of its own, and in a small page tokens leave half of it empty.
 */
const OPTIONS = {
  encoding: 'binary',
  overlappingSync: false,
  eventTurnBatching: false,
  permissionsMode: 0o600,
  pageSize: 8192,
} as const;

/** `stay`: ends with the environment. */
export function environmentAt(path: string, stay: Stay): Environment {
  const root = open<Buffer, string>(path, OPTIONS);
  const inode = statSync(path).ino;
  return {
    root,
    records: root.openDB('records', { encoding: 'binary', useVersions: true }),
    sets: root.openDB('sets', { encoding: 'binary', useVersions: true }),
    members: root.openDB('members', { encoding: 'binary' }),
    notices: root.openDB('notices', { encoding: 'binary' }),
    expiry: root.openDB('expiry', { encoding: 'binary' }),
    refresh: () => root.resetReadTxn(),
    ping: () => ping(root, path, inode),
    release: () => release(path, root, stay),
  };
}

async function ping(root: RootDatabase<Buffer, string>, path: string, inode: number): Promise<void> {
  root.doesExist('records');
  if ((await stat(path)).ino !== inode) throw new Error(`${path} has been replaced while it was open`);
}

async function release(path: string, root: RootDatabase<Buffer, string>, stay: Stay): Promise<void> {
  const shared = opened.get(path);
  if (shared && --shared.holders > 0) return;
  opened.delete(path);
  await root.close();
  await stay.leave();
}
