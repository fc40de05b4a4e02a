import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { readFileSync } from 'node:fs';
import { createSecretFile, KeyFileProblem, replaceFile } from './key-file.js';

/** `alg` of JWKs (RFC 7518, RFC 9864): what signs assertions and request objects, and what decrypts. */
export const CLIENT_ALGS = ['ES256', 'PS256', 'Ed25519', 'ECDH-ES', 'RSA-OAEP-256'];

/** The public half of what was made. */
export interface MadeKey {
  kid: string;
  alg: string;
  use: 'sig' | 'enc';
  /** All public keys of the file, the new one first. */
  published: { keys: JWK[] };
}

/** RFC 7517 §4, RFC 7518 §6: a closed list, since whoever wrote the file may have written anything. */
const PUBLIC_MEMBERS = ['kid', 'alg', 'use', 'kty', 'crv', 'x', 'y', 'n', 'e'];

/** A private JWK Set with one new key; or, with `rotate`, that key ahead of those which the file has. `days`: its life, written into `exp`. */
export async function makeClientKey(
  file: string,
  { alg, rotate, days }: { alg: string; rotate: boolean; days: number | undefined },
): Promise<MadeKey> {
  const old = rotate ? keysOf(file) : [];
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 3072 });
  // the thumbprint (RFC 7638) is a name that nobody else gives, and says nothing
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
  const use = alg.startsWith('ECDH') || alg.startsWith('RSA') ? 'enc' : 'sig';
  const exp = days === undefined ? {} : { exp: Math.floor(Date.now() / 1000) + days * 86_400 };
  const keys = [{ kid, alg, use, ...exp, ...(await exportJWK(privateKey)) }, ...old];
  const content = `${JSON.stringify({ keys }, undefined, 2)}\n`;
  if (rotate) replaceFile(file, content);
  else createSecretFile(file, content);
  return { kid, alg, use, published: { keys: keys.map(publicMembers) } };
}

function publicMembers(jwk: object): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([member]) => PUBLIC_MEMBERS.includes(member)));
}

/** No message quotes the file. */
function keysOf(file: string): object[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new KeyFileProblem(`${file} can't be read as a JWK Set, so there's nothing to rotate`, { cause: error });
  }
  const keys = typeof content === 'object' && content !== null && 'keys' in content ? content.keys : undefined;
  if (!Array.isArray(keys) || !keys.every(isJwk))
    throw new KeyFileProblem(`${file} holds no JWK Set, so there's nothing to rotate`);
  return keys;
}

function isJwk(entry: unknown): entry is object {
  return typeof entry === 'object' && entry !== null && 'kty' in entry;
}
