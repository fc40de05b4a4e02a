import { decodeJwt } from 'jose';
import type { Answer } from './answer.js';
import type { Call, Endpoint } from './call.js';

/** The nonce that proofs at an endpoint must have. One that is another with each call is never met. */
export type Nonces = Partial<Record<Endpoint, () => string>>;

/** RFC 9449 §8, §9: the endpoint does nothing yet, and says which nonce it wants. */
export function nonceDemand(nonces: Nonces, { endpoint, headers }: Call): Answer | undefined {
  const nonce = nonces[endpoint]?.();
  if (nonce === undefined || proofOf(headers)?.['nonce'] === nonce) return undefined;
  if (endpoint === 'userinfo') {
    return { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce } };
  }
  return { status: 400, headers: { 'dpop-nonce': nonce }, body: { error: 'use_dpop_nonce' } };
}

/** RFC 9449 §5: who shows a proof gets a token that is bound. */
export function tokenTypeFor({ headers }: Call): string {
  return proofOf(headers) ? 'DPoP' : 'Bearer';
}

export function proofOf(headers: Call['headers']) {
  const { dpop } = headers;
  return typeof dpop === 'string' ? decodeJwt(dpop) : undefined;
}
