import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './parlour.js';

/** A private JWK as `CLIENT_JWKS_FILE` holds it. */
export async function privateJwk(alg: string, more: Record<string, unknown> = {}): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const use = /^(?:RSA-OAEP|ECDH)/.test(alg) ? 'enc' : 'sig';
  return { ...(await exportJWK(privateKey)), kid: `${alg}-${randomUUID()}`, alg, use, ...more };
}

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

export function publicHalf(jwk: JWK): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([member]) => !PRIVATE.includes(member)));
}

export function jwksFile(...keys: unknown[]): string {
  const file = join(temporaryDirectory(), 'client.jwks.json');
  writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
  return file;
}

/** As a careful tool does it: the new file takes the old one's place at once. */
export function replaceFile(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
