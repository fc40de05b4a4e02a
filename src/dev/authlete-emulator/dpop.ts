import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { OAuthError } from './oauth-error.js';
import type { Properties } from './properties.js';
import type { State } from './state.js';

/** RFC 9449 §11.1: how old a proof may be. Seconds. */
const PROOF_AGE = 300;

/** Where the proof was sent: the service's own setting, unless the call says `htu` (Authlete API v3). */
interface Target {
  method: string;
  endpoint: 'pushedAuthReqEndpoint' | 'tokenEndpoint' | 'userInfoEndpoint' | undefined;
  accessToken?: string;
}

const invalid = (message: string) => new OAuthError('EMU-DPOP', 'invalid_dpop_proof', message);

/** Thumbprint of the key that a DPoP proof shows possession of (RFC 9449 §4.3); undefined without a proof. No source for the codes. */
export async function dpopThumbprint(call: Properties, state: State, target: Target): Promise<string | undefined> {
  const proof = call.text('dpop');
  if (proof === undefined) return undefined;
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519'],
    requiredClaims: ['jti', 'htm', 'htu', 'iat'],
    maxTokenAge: PROOF_AGE,
    clockTolerance: 5,
    currentDate: new Date(state.now() * 1000),
  }).catch((failure: unknown) => {
    throw failure instanceof errors.JOSEError ? invalid(`The proof is refused: ${failure.message}.`) : failure;
  });
  const htu = call.text('htu') ?? (target.endpoint && state.service.text(target.endpoint));
  if (payload['htm'] !== (call.text('htm') ?? target.method) || payload['htu'] !== htu) {
    throw invalid('The proof is for another request.');
  }
  if (target.accessToken !== undefined && payload['ath'] !== hash(target.accessToken)) {
    throw invalid('The proof is for another access token.');
  }
  if (nonceRequired(call, state) && payload['nonce'] !== state.dpopNonce) {
    throw new OAuthError('EMU-DPOP-NONCE', 'use_dpop_nonce', 'The proof needs the nonce.');
  }
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
  const key = `${thumbprint} ${payload.jti}`;
  if (state.seen.get(key)) throw invalid('The proof has been used.');
  state.seen.put(key, true, PROOF_AGE);
  return thumbprint;
}

/** RFC 9449 §8; a setting of the service or of the call. Then every answer to a proof has `dpopNonce`. */
export function nonceRequired(call: Properties, state: State): boolean {
  return call.text('dpop') !== undefined && (state.service.flag('dpopNonceRequired') || call.flag('dpopNonceRequired'));
}

const hash = (token: string) => createHash('sha256').update(token, 'ascii').digest('base64url');
