import { dpopProof } from '../oauth-client/dpop-proof.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { challengesOf } from './challenge.js';
import { type Field, fieldsOf, valuesOf } from './fields.js';
import type { ApiAnswer } from './exchange.js';
import type { ApiCall } from './forward.js';

/** The fields that authorize one sending of a call, and their values that the browser mustn't see come back. */
export interface Authorization {
  readonly fields: readonly Field[];
  readonly secrets: readonly string[];
}

const ANONYMOUS: Authorization = { fields: [], secrets: [] };

/** A token that is bound to a key comes with a proof of that key, made for this sending alone (RFC 9449 §7.1). */
export async function authorizationOf(
  tokens: TokenSet | undefined,
  { request, target }: ApiCall,
  nonce: string | undefined,
): Promise<Authorization> {
  if (!tokens) return ANONYMOUS;
  const { accessToken, dpopKey } = tokens;
  if (!dpopKey) return { fields: [['Authorization', `Bearer ${accessToken}`]], secrets: [accessToken] };
  const [path = '/'] = target.path.split('?', 1);
  const url = target.route.origin + path;
  const proof = await dpopProof(dpopKey, { method: request.method ?? 'GET', url, accessToken, nonce });
  return {
    fields: [
      ['Authorization', `DPoP ${accessToken}`],
      ['DPoP', proof],
    ],
    secrets: [accessToken, proof],
  };
}

/** RFC 9449 §9: the token is fine, the proof lacks the nonce that comes with this answer. */
export function demandsNonce({ status, rawHeaders }: ApiAnswer): boolean {
  if (status !== 401) return false;
  const challenges = challengesOf(valuesOf(fieldsOf(rawHeaders), 'www-authenticate'));
  return challenges.some(({ scheme, parameters }) => scheme === 'dpop' && parameters.get('error') === 'use_dpop_nonce');
}

export function nonceOf({ rawHeaders }: ApiAnswer): string | undefined {
  return valuesOf(fieldsOf(rawHeaders), 'dpop-nonce')[0];
}
