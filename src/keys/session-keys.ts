import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecretFile, KeyFileProblem, replaceFile } from './key-file.js';

const BYTES = 32;

export function makeSessionKey(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** What `SESSION_KEYS_FILE` names: one key, or with `rotate` a new one ahead of those that it has. */
export function writeSessionKeys(file: string, rotate: boolean): void {
  if (rotate) replaceFile(file, `${[makeSessionKey(), ...keysOf(file)].join(' ')}\n`);
  else createSecretFile(file, `${makeSessionKey()}\n`);
}

function keysOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/);
  } catch (error) {
    throw new KeyFileProblem(`${file} can't be read, so there's nothing to rotate`, { cause: error });
  }
}
