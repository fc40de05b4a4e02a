import { chmodSync, chownSync, existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

const OWNER_ONLY = 0o600;

/** What somebody asked for that can't be done; the message is for them. */
export class KeyFileProblem extends Error {
  override readonly name = 'KeyFileProblem';
}

/** A new file that its owner alone can read. It overwrites nothing, also when two do this at once. */
export function createSecretFile(path: string, content: string, mode = OWNER_ONLY): void {
  try {
    writeFileSync(path, content, { mode, flag: 'wx' });
  } catch (error) {
    throw new KeyFileProblem(`${path} ${explained(error)}`, { cause: error });
  }
}

/** Another content in one step, so that nobody ever reads half of it; owner and rights stay, or Parlour might not be able to read it any more. */
export function replaceFile(path: string, content: string): void {
  const target = realpathSync(path);
  const { mode, uid, gid } = statSync(target);
  const beside = `${target}.new`;
  try {
    rmSync(beside, { force: true });
    writeFileSync(beside, content, { mode: OWNER_ONLY, flag: 'wx' });
    chownSync(beside, uid, gid);
    chmodSync(beside, mode & 0o777);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new KeyFileProblem(`${path} ${explained(error)}`, { cause: error });
  }
}

export function refuseExisting(...paths: string[]): void {
  for (const path of paths) if (existsSync(path)) throw new KeyFileProblem(`${path} ${IS_THERE}`);
}

const IS_THERE = 'is there already, and isn’t overwritten: see --rotate';

function explained(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
  return code === 'EEXIST' ? IS_THERE : `can't be written (${code})`;
}
