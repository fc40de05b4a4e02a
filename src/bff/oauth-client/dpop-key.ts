import { createECDH, hkdfSync, randomBytes } from 'node:crypto';

/** A session's private key for DPoP proofs (RFC 9449), ES256, as a JWK: so it stands in the sealed token record, and nowhere else. */
export interface DpopKey {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  d: string;
}

const CURVE = 'prime256v1';
/** The order of P-256 (SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 64 bits more than the order has, so that no scalar is likelier than another (FIPS 186-5 A.2.1). */
const SCALAR_SEED = 40;
const COORDINATE = 32;

/** For tokens that didn't begin with a login of ours that had a key. */
export function newDpopKey(): DpopKey {
  return dpopKeyOf(newLoginSeed());
}

/**
 * What a transaction cookie carries in the verifier's place, since it has no room for both: the code verifier and the key are derived from it. Not the key
 * from the verifier: the authorization server learns that one, and whoever reads its log would have the key.
 */
export function newLoginSeed(): string {
  return randomBytes(32).toString('base64url');
}

/** 43 characters (RFC 7636 §4.1). */
export function codeVerifierOf(seed: string): string {
  return derived(seed, 'code verifier', 32).toString('base64url');
}

export function dpopKeyOf(seed: string): DpopKey {
  const scalar = (BigInt(`0x${derived(seed, 'DPoP key', SCALAR_SEED).toString('hex')}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(2 * COORDINATE, '0'), 'hex');
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(d);
  // uncompressed: 04, x, y (SEC 1 §2.3.3)
  const point = ecdh.getPublicKey();
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 1 + COORDINATE).toString('base64url'),
    y: point.subarray(1 + COORDINATE).toString('base64url'),
    d: d.toString('base64url'),
  };
}

/** HKDF-SHA256 (RFC 5869). */
function derived(seed: string, purpose: string, length: number): Buffer {
  return Buffer.from(
    hkdfSync('sha256', Buffer.from(seed, 'base64url'), '', JSON.stringify(['parlour', purpose]), length),
  );
}
