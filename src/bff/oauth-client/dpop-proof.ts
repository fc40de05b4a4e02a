import { type CryptoKey, SignJWT } from 'jose';
import { createHash, randomUUID } from 'node:crypto';
import type { DpopKey } from './dpop-key.js';

/** As both openid-client and jose want it; the public half is what a proof shows. */
export interface DpopKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

export interface ProvenRequest {
  method: string;
  /** Without query and fragment (RFC 9449 §4.2). */
  url: string;
  accessToken: string;
  nonce: string | undefined;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
/** Imports that are kept: one costs a third of a signature. */
const MOST_PAIRS = 1000;

const pairs = new Map<string, Promise<DpopKeyPair>>();

/** Neither half that comes out can be exported but the public one. */
export function keyPairOf(key: DpopKey): Promise<DpopKeyPair> {
  const known = pairs.get(key.d) ?? imported(key);
  pairs.delete(key.d);
  pairs.set(key.d, known);
  const [oldest] = pairs.keys();
  if (pairs.size > MOST_PAIRS && oldest !== undefined) pairs.delete(oldest);
  return known;
}

async function imported(key: DpopKey): Promise<DpopKeyPair> {
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', key, ALGORITHM, false, ['sign']),
    crypto.subtle.importKey('jwk', publicHalf(key), ALGORITHM, true, ['verify']),
  ]);
  return { privateKey, publicKey };
}

function publicHalf({ kty, crv, x, y }: DpopKey): Omit<DpopKey, 'd'> {
  return { kty, crv, x, y };
}

/** The proof for one call of an API (RFC 9449 §4.2, §7): of no use for another method, address or token. */
export async function dpopProof(key: DpopKey, { method, url, accessToken, nonce }: ProvenRequest): Promise<string> {
  const ath = createHash('sha256').update(accessToken).digest('base64url');
  return new SignJWT({ jti: randomUUID(), htm: method, htu: url, ath, ...(nonce !== undefined && { nonce }) })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicHalf(key) })
    .setIssuedAt()
    .sign((await keyPairOf(key)).privateKey);
}
