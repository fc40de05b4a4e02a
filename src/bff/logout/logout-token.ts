import { createHash } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import type { Frontend } from '../frontend.js';
import { signedJwt } from '../oauth-client/encrypted-id-token.js';
import { AuthorizationServerFailure } from '../oauth-client/failure.js';
import { CLOCK_SKEW } from '../oauth-client/metadata.js';
import { isRecord } from '../options/rules.js';
import type { LoggedOut } from '../session/tombstone.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds from `iat` on for which a logout token is taken. */
const LONGEST_LIFE = 5 * 60;
/** Milliseconds: longer than any process takes the token, however its clock and the server's differ. */
const JTI_LIFETIME = (LONGEST_LIFE + 2 * CLOCK_SKEW) * 1000;

export interface LogoutToken extends LoggedOut {
  jti: string;
}

/** It isn't one, or isn't for us, or not now, or comes again: it won't be any better next time. */
export class LogoutTokenRefused extends Error {
  override readonly name = 'LogoutTokenRefused';
}

/**
 * OpenID Connect Back-Channel Logout 1.0 §2.6, all but the `jti` (L6, L7). Rejects with {@link LogoutTokenRefused}, or with
 * {@link AuthorizationServerFailure} when the keys to verify it with can't be had.
 */
export async function verifyLogoutToken(jwt: string, frontend: Frontend): Promise<LogoutToken> {
  const { issuer, clientId, idTokenSignedResponseAlg, logoutTokenTyp } = frontend.options;
  const signed = await decrypted(jwt, frontend);
  try {
    const { payload, protectedHeader } = await jwtVerify(signed, frontend.client.serverKeys.find, {
      algorithms: [idTokenSignedResponseAlg],
      issuer,
      audience: clientId,
      requiredClaims: ['exp', 'jti'],
      clockTolerance: CLOCK_SKEW,
      // jose adds the tolerance, which is for an `iat` that lies ahead
      maxTokenAge: LONGEST_LIFE - CLOCK_SKEW,
    });
    checkTyp(protectedHeader.typ, logoutTokenTyp);
    return logoutTokenOf(payload);
  } catch (error) {
    if (error instanceof AuthorizationServerFailure || error instanceof LogoutTokenRefused) throw error;
    throw refused(error);
  }
}

/** `false`: it has been used, at whatever instance. To be asked once the signature held, or anybody could use up what isn't theirs (L6). */
export function takeJti(frontend: Frontend, token: LogoutToken): Promise<boolean> {
  return frontend.records.storage.putIfAbsent(jtiKey(frontend, token), Buffer.of(1), JTI_LIFETIME);
}

/** For a logout that has failed: the server may send the same token again (§2.5). */
export async function giveJtiBack(frontend: Frontend, token: LogoutToken): Promise<void> {
  await frontend.records.storage.delete(jtiKey(frontend, token));
}

/** Not keyed: instances whose key rings differ for a moment must name the same token alike. */
function jtiKey({ name, options }: Frontend, { jti }: LogoutToken): string {
  const hash = createHash('sha256').update(JSON.stringify([options.issuer, jti]));
  return `{${name}:jti:${hash.digest('base64url')}}:taken`;
}

async function decrypted(jwt: string, { options, client }: Frontend): Promise<string> {
  try {
    return await signedJwt(jwt, options, client.credentials.decryptionKeys());
  } catch (error) {
    throw refused(error);
  }
}

/** §2.4: `logout+jwt` is recommended, and many servers say `JWT` or nothing; anything else is another kind of token (RFC 8725 §3.11). In any case, the prefix may be left out (RFC 7515 §4.1.9). */
function checkTyp(typ: unknown, wanted: Frontend['options']['logoutTokenTyp']): void {
  const said = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  const taken = wanted === 'JWT' ? [undefined, 'jwt', 'logout+jwt'] : [wanted];
  if (!taken.some(one => one === said)) throw new LogoutTokenRefused('its typ is another');
}

function logoutTokenOf(payload: JWTPayload): LogoutToken {
  const { events, jti, sub, sid, iat = NaN } = payload;
  if (!isRecord(events) || !isRecord(events[EVENT])) throw new LogoutTokenRefused('its events are others');
  // §2.4: or an ID token could pass for one
  if ('nonce' in payload) throw new LogoutTokenRefused('it has a nonce');
  const named = [sub, sid].filter(one => one !== undefined);
  if (named.length === 0) throw new LogoutTokenRefused('it has neither sub nor sid');
  if (![jti, ...named].every(isText)) throw new LogoutTokenRefused('jti, sub or sid is no text');
  return {
    jti: String(jti),
    issuedAt: iat,
    ...(isText(sub) && { subject: sub }),
    ...(isText(sid) && { sid }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** jose's messages name claims, never their values. */
function refused(cause: unknown): LogoutTokenRefused {
  return new LogoutTokenRefused(cause instanceof Error ? cause.message : 'it can’t be read', { cause });
}
