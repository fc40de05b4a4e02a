import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface ProofClaims {
  nonce?: string;
  ath?: string;
  jti?: string;
}

/** Who can prove possession of one key (RFC 9449 §4.2). `now`: seconds since the epoch. */
export async function dpopProver(
  now = Math.floor(Date.now() / 1000),
): Promise<(method: string, url: string, claims?: ProofClaims) => Promise<string>> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return async (htm, htu, claims) =>
    new SignJWT({ jti: crypto.randomUUID(), htm, htu, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt(now)
      .sign(privateKey);
}

/** With a key that nobody sees again. */
export async function dpopProof(method: string, url: string): Promise<string> {
  return (await dpopProver())(method, url);
}
