import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { CryptoKey, JWK } from 'jose';
import { algorithmOf, type JwkAlgorithm } from './jwk-algorithms.js';
import { UnusableKeyMaterial } from './unusable.js';

/** A private key of the client's. */
export interface ClientKey {
  kid: string;
  alg: string;
  use: 'sig' | 'enc';
  /** Not extractable. */
  key: CryptoKey;
  /** Its public half, for `/jwks`: derived from the key, so that nothing else of the file can slip in. */
  publicJwk: JWK;
  /** Milliseconds since the epoch, where the JWK says when it ends (`exp`, no standard). */
  expiresAt?: number;
}

/** NIST SP 800-57 part 1, FAPI 2.0 §5.4.1. */
export const LEAST_RSA_BITS = 2048;

/** The keys of a private JWK Set (RFC 7517 §5), in their order. Throws {@link UnusableKeyMaterial} with all that is wrong. */
export function readPrivateJwks(text: string): ClientKey[] {
  const read = jwksOf(text).map(entry => clientKey(entry));
  const kids = read.map(one => (typeof one === 'string' ? undefined : one.kid));
  const problems = read.flatMap((one, index) => {
    const twice = kids[index] !== undefined && kids.indexOf(kids[index]) < index;
    const problem = typeof one === 'string' ? one : twice ? 'has the kid of an earlier one' : undefined;
    return problem === undefined ? [] : [`key ${index + 1} ${problem}`];
  });
  if (problems.length > 0) throw new UnusableKeyMaterial(`can't be used: ${problems.join('; ')}`);
  return read.filter(one => typeof one !== 'string');
}

/** The same, where one of them has to sign. */
export function readSigningJwks(text: string): ClientKey[] {
  const keys = readPrivateJwks(text);
  if (!keys.some(({ use }) => use === 'sig')) throw new UnusableKeyMaterial('has no key that signs (use: sig)');
  return keys;
}

function jwksOf(text: string): unknown[] {
  const content = parsed(text);
  const keys = typeof content === 'object' && content !== null && 'keys' in content ? content.keys : undefined;
  if (!Array.isArray(keys)) throw new UnusableKeyMaterial('must be a JWK Set: {"keys": [ … ]} (RFC 7517 §5)');
  if (keys.length === 0) throw new UnusableKeyMaterial('holds no key');
  return keys;
}

/** The parser's message would quote the text around the mistake. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableKeyMaterial("isn't JSON");
  }
}

/** The key, or what is wrong with it. */
function clientKey(entry: unknown): ClientKey | string {
  if (typeof entry !== 'object' || entry === null) return 'must be a JWK';
  // its members are looked at one by one
  const jwk = entry as Record<string, unknown>;
  const { kid, alg, use, exp, kty, crv } = jwk;
  if (kty === 'oct') return 'is symmetric: it has no public half to register or publish';
  if (typeof kid !== 'string' || kid === '') return 'lacks a kid, by which the server picks it';
  if (typeof alg !== 'string') return 'lacks an alg';
  if (jwk['d'] === undefined) return 'is a public key: its private half is needed';
  const algorithm = algorithmOf(alg, String(kty), typeof crv === 'string' ? crv : undefined);
  if (typeof algorithm === 'string') return algorithm;
  if (use !== undefined && use !== algorithm.use) return 'has a use that its alg doesn’t go with';
  if (exp !== undefined && !isTime(exp)) return 'has an exp that is time in seconds';
  const key = privateKey(jwk);
  if (!key) return 'is damaged: its members don’t make a key, or its two halves don’t belong together';
  if ((key.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS) < LEAST_RSA_BITS) {
    return `is weak: RSA needs ${LEAST_RSA_BITS} bits or more`;
  }
  return { ...usable(key, algorithm, kid, alg), ...(exp !== undefined && { expiresAt: exp * 1000 }) };
}

/** One that can be written down, as the warning of it does (ECMA-262 §21.4.1.1). */
function isTime(exp: unknown): exp is number {
  return typeof exp === 'number' && !Number.isNaN(new Date(exp * 1000).getTime());
}

function usable(key: KeyObject, { use, algorithm, usages }: JwkAlgorithm, kid: string, alg: string): ClientKey {
  const publicJwk = { ...publicMembers(key), kid, alg, use };
  // jose's type is that of the global crypto, which has a shorter list of usages where the DOM's types are loaded
  const cryptoKey: unknown = key.toCryptoKey(algorithm, false, usages);
  return { kid, alg, use, key: cryptoKey as CryptoKey, publicJwk };
}

function privateKey(jwk: Record<string, unknown>): KeyObject | undefined {
  try {
    // createPrivateKey checks each member itself
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    const derived = Object.entries(publicMembers(key));
    return derived.every(([name, value]) => jwk[name] === value) && belongsTogether(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A JWK names both halves, and OpenSSL takes them as they are. Of an OKP key it takes the private half alone, so comparing is enough. */
function belongsTogether(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== 'rsa') return true;
  const message = Buffer.from('both halves of one key');
  return verify('sha256', message, createPublicKey(key), sign('sha256', message, key));
}

/** `kty` with `crv`, `x`, `y` or `n`, `e`. */
function publicMembers(key: KeyObject): JWK & { kty: string } {
  const { kty = '', crv, x, y, n, e } = createPublicKey(key).export({ format: 'jwk' });
  const members = { crv, x, y, n, e };
  return { kty, ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) };
}
