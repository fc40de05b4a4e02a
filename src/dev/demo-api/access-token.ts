import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface AccessToken {
  sub: string;
  clientId: string | undefined;
  scopes: Set<string>;
}

export type Verify = (authorization: string | undefined) => Promise<AccessToken>;

/** What jose says when the keys could not be had: that is not the token's fault. */
const UNREACHABLE_KEYS = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/** RFC 6750 §3.1: without credentials the challenge carries no error code. */
export class Unauthorized extends Error {
  constructor(readonly error: 'invalid_token' | undefined) {
    super(error ? 'The access token is malformed, expired or not for this API.' : 'This API needs an access token.');
  }
}

/** The token is checked as RFC 9068 §4 says: type, signature, issuer, audience, expiry. */
export function accessTokenVerifier(issuer: string, audience: string): Verify {
  const keys = keysOf(issuer);
  return async authorization => {
    const token = bearerToken(authorization);
    try {
      const { payload } = await jwtVerify(token, await keys(), {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['sub', 'exp', 'client_id'],
      });
      const { sub = '', client_id: clientId, scope } = payload;
      return {
        sub,
        clientId: typeof clientId === 'string' ? clientId : undefined,
        scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []),
      };
    } catch (error) {
      if (error instanceof errors.JOSEError && !UNREACHABLE_KEYS.has(error.code))
        throw new Unauthorized('invalid_token');
      throw error;
    }
  };
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw new Unauthorized(undefined);
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new Unauthorized('invalid_token');
  return token;
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
