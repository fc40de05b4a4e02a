import type { IDToken, TokenEndpointResponse } from 'openid-client';
import type { TokenBinding } from './dpop.js';
import type { DpopKey } from './dpop-key.js';
import { AuthorizationServerFailure } from './failure.js';

/** What the token endpoint answered (RFC 6749 §5.1), in the one shape in which it goes from here to the API proxy. Times are milliseconds since the epoch. */
export interface TokenSet {
  accessToken: string;
  /** When it was obtained, by our clock. */
  obtainedAt: number;
  /** Absent when the server didn't say (`expires_in` is only recommended). */
  expiresAt?: number;
  refreshToken?: string;
  /** Where the server says it (`refresh_expires_in`, `refresh_token_expires_in`: no standard). */
  refreshExpiresAt?: number;
  idToken?: string;
  scope?: string;
  /** The access token is bound to this key, of no use without it (RFC 9449 §6); absent: it's a bearer token. */
  dpopKey?: DpopKey;
  /** The access token is bound to the certificate with this `x5t#S256` (RFC 8705 §3.1). */
  certificateThumbprint?: string;
}

export interface TokenResponse {
  tokens: TokenSet;
  claims: IDToken | undefined;
}

export function tokenSetOf(response: TokenEndpointResponse, { dpop, certificate }: TokenBinding): TokenSet {
  const now = Date.now();
  const expiresAt = endOf(now, response.expires_in);
  return {
    accessToken: response.access_token,
    obtainedAt: now,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(response.refresh_token !== undefined && { refreshToken: response.refresh_token }),
    ...refreshEnd(response, now),
    ...(response.id_token !== undefined && { idToken: response.id_token }),
    ...(response.scope !== undefined && { scope: response.scope }),
    ...(dpop && { dpopKey: dpop }),
    ...(certificate !== undefined && { certificateThumbprint: certificate }),
  };
}

const PRINTABLE = /^[\x20-\x7e]+$/;

/** RFC 6749 appendix A.12: another character is one that no API would get to see, and each call would fail as if the browser had sent it. */
export function spellingMistake({ accessToken }: TokenSet): AuthorizationServerFailure | undefined {
  if (PRINTABLE.test(accessToken)) return undefined;
  return new AuthorizationServerFailure('misconfigured', 'the access token has characters that none may have');
}

type Granted = Partial<Pick<TokenSet, 'accessToken' | 'refreshToken' | 'refreshExpiresAt' | 'idToken'>>;

/** Beside the failures, not in them: who prints an error prints all that it holds. */
const grants = new WeakMap<Error, Granted>();

/**
 * Keeps what an answer that can't be used brought: the server takes the refresh token before it no more (RFC 9700 §4.14.2). The ID token is as it came, not
 * to be believed. One that says `error` grants nothing, with a 200 neither (RFC 6749 §5.2).
 */
export function granting(
  failure: AuthorizationServerFailure,
  members: Record<string, unknown>,
): AuthorizationServerFailure {
  const { access_token: accessToken, refresh_token: refreshToken, id_token: idToken } = members;
  if (typeof members['error'] === 'string') return failure;
  grants.set(failure, {
    ...(isToken(accessToken) && { accessToken }),
    ...(isToken(refreshToken) && { refreshToken, ...refreshEnd(members, Date.now()) }),
    ...(typeof idToken === 'string' && { idToken }),
  });
  return failure;
}

/** What came with a failure nevertheless. */
export function grantedIn(failure: AuthorizationServerFailure): Granted {
  return grants.get(failure) ?? {};
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && PRINTABLE.test(value);
}

function refreshEnd(members: Record<string, unknown>, now: number): Pick<TokenSet, 'refreshExpiresAt'> {
  const seconds = [members['refresh_expires_in'], members['refresh_token_expires_in']].find(isLifetime);
  const refreshExpiresAt = endOf(now, seconds);
  return refreshExpiresAt === undefined ? {} : { refreshExpiresAt };
}

/** A time that no number can hold is as good as none: JSON would make `null` of it, and that's long ago. */
function endOf(now: number, seconds: number | undefined): number | undefined {
  const end = now + (seconds ?? Infinity) * 1000;
  return Number.isFinite(end) ? end : undefined;
}

/** Keycloak says 0 for “never”. */
function isLifetime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
