import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { given } from './parameters.js';
import type { Grant } from './records.js';
import type { State } from './state.js';

/**
 * OpenID Connect Core §2, signed with the service's own key; with `code` for one that passes through the browser (§3.3.2.11). `aud` is a text,
 * where the vendor's `idTokenAudType` chooses.
 */
export async function signIdToken(grant: Grant, state: State, code?: string): Promise<string> {
  const { request, subject, authTime, acr, claims } = grant;
  const members = {
    ...claims,
    auth_time: authTime,
    acr,
    nonce: given(request.parameters, 'nonce'),
    c_hash: code === undefined ? undefined : halfHash(code),
  };
  return sign(members, grant, state)
    .setSubject(subject)
    .setExpirationTime(state.now() + state.duration('idTokenDuration'))
    .sign(state.key.privateKey);
}

/** OpenID Connect Core §5.3.2: a signed userinfo has issuer and audience. */
export async function signUserInfo(members: Record<string, unknown>, grant: Grant, state: State): Promise<string> {
  return sign(members, grant, state).sign(state.key.privateKey);
}

function sign(members: Record<string, unknown>, { request }: Grant, state: State): SignJWT {
  return new SignJWT(members)
    .setProtectedHeader({ alg: 'ES256', kid: state.key.publicJwk.kid ?? '' })
    .setIssuer(state.service.text('issuer') ?? '')
    .setAudience(request.clientId)
    .setIssuedAt(state.now());
}

/** The left half of SHA-256, for ES256. */
function halfHash(value: string): string {
  return createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url');
}
