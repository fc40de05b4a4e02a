import { exportJWK, generateKeyPair } from 'jose';
import type { JWKS } from 'oidc-provider';

/** New keys at each start: ID tokens are signed with RS256, access tokens with ES256. */
export async function generateSigningKeys(): Promise<JWKS> {
  const keys = await Promise.all(
    ['RS256', 'ES256'].map(async alg => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), kid: `development-${alg}`, alg, use: 'sig' };
    }),
  );
  return { keys };
}
