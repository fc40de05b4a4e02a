import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type AccessToken, bearerToken, type Guard, insufficientScope, invalidToken } from './guard.js';

/** What jose says when the keys could not be had: that is not the token's fault. */
const UNREACHABLE_KEYS = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/** The token is checked as RFC 9068 §4 says: type, signature, issuer, audience, expiry. */
export function jwtGuard(issuer: string, audience: string): Guard {
  const verify = verifier(issuer, audience);
  return async (authorization, scope) => {
    const token = await verify(bearerToken(authorization));
    if (scope !== undefined && !token.scopes.has(scope)) throw insufficientScope(scope);
    return token;
  };
}

function verifier(issuer: string, audience: string): (token: string) => Promise<AccessToken> {
  const keys = keysOf(issuer);
  return async token => {
    try {
      const { payload } = await jwtVerify(token, await keys(), {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['sub', 'exp', 'client_id'],
      });
      const { sub = '', scope, auth_time } = payload;
      const scopes = new Set(typeof scope === 'string' ? scope.split(' ') : []);
      return { sub, scopes, authTime: typeof auth_time === 'number' ? auth_time : undefined };
    } catch (error) {
      if (error instanceof errors.JOSEError && !UNREACHABLE_KEYS.has(error.code)) throw invalidToken();
      throw error;
    }
  };
}

/** Asks the authorization server at the first token, not at start, and again after a failure: either may start first. */
function keysOf(issuer: string): () => Promise<JWTVerifyGetKey> {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  return async () => {
    keys ??= discoverKeys(issuer);
    try {
      return await keys;
    } catch (error) {
      keys = undefined;
      throw error;
    }
  };
}

async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5000) });
  const metadata: unknown = await response.json();
  if (typeof metadata !== 'object' || metadata === null || !('jwks_uri' in metadata)) {
    throw new Error('The authorization server published no jwks_uri.');
  }
  return createRemoteJWKSet(new URL(String(metadata.jwks_uri)));
}
