import { AuthorizationServerFailure } from '../oauth-client/failure.js';
import type { IDToken } from '../oauth-client/oauth-client.js';
import { type ClaimsRequest, isEssential, requestedAcr } from '../options/claims-request.js';

/** Asked for, it must be so (A9): a server may ignore `acr_values`, which OpenID Connect Core §3.1.2.1 calls voluntary. */
export function checkAcr({ acr }: IDToken, asked: string | undefined): void {
  if (asked !== undefined && !asked.split(' ').some(value => value === acr)) {
    throw new AuthorizationServerFailure('refused', 'the ID token’s acr is none of those asked for');
  }
}

/**
 * The two claims of the `claims` parameter that a server may not leave out when they are essential: `acr` (OpenID Connect Core §5.5.1.1), with one of
 * the values where there are any, and `auth_time` (§2).
 */
export function checkEssentialClaims({ acr, auth_time }: IDToken, asked: ClaimsRequest): void {
  const values = requestedAcr(asked);
  const fits = typeof acr === 'string' && (values.length === 0 || values.includes(acr));
  if (isEssential(asked, 'acr') && !fits) {
    throw new AuthorizationServerFailure('refused', 'the ID token’s acr isn’t one that is essential');
  }
  if (isEssential(asked, 'auth_time') && typeof auth_time !== 'number') {
    throw new AuthorizationServerFailure('refused', 'the ID token lacks auth_time, which is essential');
  }
}
