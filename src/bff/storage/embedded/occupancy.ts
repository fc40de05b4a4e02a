import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { unobserved } from '../observer.js';

/** A process's right to have the storage file of a folder open, or to replace it. */
export interface Stay {
  leave(): Promise<void>;
}

/**
 * Resolves when this process may open the file: at once, or when whoever compacts it is through. To be held from before the file is
 * opened until after it's closed.
 */
export async function enter(directory: string, observer = unobserved): Promise<Stay> {
  for (let looks = 0; ; looks++) {
    const stay = await tryToEnter(directory, { as: 'users', without: ['compactors'] });
    if (stay && looks > 0) observer.recovered(directory);
    if (stay) return stay;
    if (looks === 0)
      observer.lost(`The storage in ${directory} is being compacted: this start waits for the end of that.`);
    await pause(ANOTHER_LOOK);
  }
}

/** `undefined`: another process has the file open, or replaces it. While this stay lasts nobody enters. */
export function enterAlone(directory: string): Promise<Stay | undefined> {
  return tryToEnter(directory, { as: 'compactors', without: ['users', 'compactors'] });
}

/** In milliseconds. */
const ANOTHER_LOOK = 100;

type Role = 'users' | 'compactors';

/**
 * LMDB's reader table says who is there: a reader's row goes with its process, `kill -9` included, which Node's own files and locks
 * can't do. Nothing is ever written, so it works on a full disk. Looking and entering are one step, under LMDB's write lock. It's
 * tried with files opened anew each time: LMDB clears a row of a dead process that had our number only when nobody has them open.
 */
async function tryToEnter(
  directory: string,
  { as, without }: { as: Role; without: Role[] },
): Promise<Stay | undefined> {
  const tables = openTables(directory);
  const close = async () => {
    for (const table of Object.values(tables)) await table.close();
  };
  try {
    const reading = tables.users.transactionSync(() =>
      without.some(role => isRead(tables[role])) ? undefined : tables[as].useReadTransaction(),
    );
    if (reading) return { leave: () => (reading.done(), close()) };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return undefined;
}

/** Their own files: that of the storage is replaced. Whoever waits for `users`' write lock waits for a look, never for a compaction. */
function openTables(directory: string): Record<Role, RootDatabase> {
  const folder = join(directory, 'locks');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const table = (role: Role) => open(join(folder, `${role}.mdb`), OPTIONS);
  return { users: table('users'), compactors: table('compactors') };
}

const OPTIONS = { overlappingSync: false, permissionsMode: 0o600 } as const;

/** Also by this very process. */
export function isRead(table: Pick<RootDatabase, 'readerCheck' | 'readerList'>): boolean {
  table.readerCheck();
  return /\d/.test(table.readerList());
}
