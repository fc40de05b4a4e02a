import { type ExecFileException, execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { StorageUnavailable } from '../storage.js';

/**
 * LMDB maps its file into memory: a truncated one ends the process with SIGBUS, a broken header with SIGSEGV, and neither can be
 * caught. So a child reads the file first: of each table `most` entries, since a start can't wait for gigabytes. Rejects with
 * {@link StorageUnavailable}; nothing is changed or deleted.
 */
export async function refuseDamaged(path: string, most = MOST): Promise<void> {
  if (await isEmpty(path)) return;
  const failed = await check(path, most);
  if (!failed) return;
  const reason = failed.error.signal ?? (failed.stderr.trim().split('\n')[0] || failed.error.message);
  throw new StorageUnavailable(isDamage(failed.error) ? damaged(path, reason) : unchecked(path, reason), {
    cause: failed.error,
  });
}

/** Node runs TypeScript as it stands: so this works in `dist`, and in the tests from `src`. */
const CHECK = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'check.ts' : 'check.js', import.meta.url));

/** Some thousand sessions: a fraction of a second. */
const MOST = 10_000;
/** In milliseconds: a slow disk, or a page tree that was damaged into a circle. */
const LONGEST_CHECK = 120_000;
/** The same for all of a large file. */
const LONGEST_READING = 3_600_000;

/** No environment: the child needs none of our secrets, nor a NODE_OPTIONS that starts the host's instrumentation in it. */
function check(path: string, most: number): Promise<{ error: ExecFileException; stderr: string } | undefined> {
  return new Promise(resolve => {
    const timeout = most > MOST ? LONGEST_READING : LONGEST_CHECK;
    execFile(process.execPath, [CHECK, path, String(most)], { env: {}, timeout }, (error, _, stderr) =>
      resolve(error ? { error, stderr } : undefined),
    );
  });
}

async function isEmpty(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return !found || found.size === 0;
}

/** By what check.ts says, or by a crash: garbage that LMDB trusts ends with one signal or another. Only these come from outside. */
function isDamage({ code, signal }: ExecFileException): boolean {
  return code === 65 || (typeof signal === 'string' && !['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(signal));
}

function damaged(path: string, reason: string): string {
  return (
    `The storage file ${path} is damaged (${reason}). Restore it from a backup, or move it away to start with an empty one: ` +
    'the sessions in it are lost then, and their users log in again. Nothing has been changed or deleted.'
  );
}

function unchecked(path: string, reason: string): string {
  return `The storage file ${path} couldn't be checked for damage (${reason}), so it hasn't been opened.`;
}
