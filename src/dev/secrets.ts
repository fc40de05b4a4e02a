import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DevelopmentSecrets {
  SESSION_KEYS: string;
  CLIENT_SECRET: string;
}

/** Made at random once and kept in the directory, for their owner's eyes only. */
export function developmentSecrets(directory: string): DevelopmentSecrets {
  const file = join(directory, 'development-secrets.json');
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const secrets = { SESSION_KEYS: randomSecret(), CLIENT_SECRET: randomSecret() };
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  }
  return read(file);
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function read(file: string): DevelopmentSecrets {
  try {
    // an earlier run wrote it; what it says is checked with the rest of the configuration
    return JSON.parse(readFileSync(file, 'utf8')) as DevelopmentSecrets;
  } catch (cause) {
    throw new Error(`${file} can’t be read. Delete it, and the next start makes new secrets.`, { cause });
  }
}
