// A copy of the repository to break: the working tree itself is never touched.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './catalogue.mjs';

/** Not copied: what is large, what belongs to somebody's running server, and what isn't needed. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'data', 'coverage']);

export function createWorkingCopy() {
  const directory = mkdtempSync(join(tmpdir(), 'parlour-mutations-'));
  for (const name of readdirSync(ROOT)) {
    if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(directory, name), { recursive: true, filter: isOwn });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

export function removeWorkingCopy(directory) {
  rmSync(directory, { recursive: true, force: true });
}

/** Breaks the copy while `work` runs. */
export async function mutated(directory, { file, find, replace }, work) {
  const path = join(directory, file);
  const whole = readFileSync(path, 'utf8');
  // a function, so that `$&` in a replacement means nothing
  writeFileSync(
    path,
    whole.replace(find, () => replace),
  );
  try {
    return await work();
  } finally {
    writeFileSync(path, whole);
  }
}

function isOwn(path) {
  return !relative(ROOT, path).split('/').includes('node_modules');
}
