import { CompactEncrypt, importJWK, type JWK } from 'jose';

/** How ID tokens are encrypted from now on. */
export interface Encryption {
  alg: string;
  enc: string;
  key: JWK;
  /** In the header; left out by `null`. */
  kid?: string | null;
}

export async function encrypt(jwt: string, { alg, enc, key, kid = key.kid ?? null }: Encryption): Promise<string> {
  const header = { alg, enc, cty: 'JWT', ...(kid !== null && { kid }) };
  const plaintext = new TextEncoder().encode(jwt);
  return new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(await importJWK(key, alg));
}
