import {
  authorizationCodeGrant,
  type Configuration,
  type DPoPOptions,
  type IDToken,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { AuthorizationServerFailure } from './failure.js';
import { CLOCK_SKEW } from './metadata.js';

/** What the response and the ID token must answer. */
export interface AuthorizationResponseChecks {
  state: string;
  nonce: string;
  codeVerifier: string;
  maxAge?: number;
}

/** The code for tokens (RFC 6749 §4.1.3), with the ID token checked whole (OpenID Connect Core §3.1.3.7). */
export async function codeGrant(
  configuration: Configuration,
  currentUrl: URL,
  { state, nonce, codeVerifier, maxAge }: AuthorizationResponseChecks,
  parameters: Record<string, string>,
  proof: DPoPOptions,
): Promise<TokenEndpointResponse & TokenEndpointResponseHelpers> {
  const checks = {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
    ...(maxAge !== undefined && { maxAge }),
  };
  const response = await authorizationCodeGrant(configuration, currentUrl, checks, parameters, proof);
  checkIssuedAt(response.claims());
  return response;
}

/** openid-client wants `iat` to be a number, and no more (OpenID Connect Core §3.1.3.7, 10). */
function checkIssuedAt(claims: IDToken | undefined): void {
  if (claims && claims.iat > Date.now() / 1000 + CLOCK_SKEW) {
    throw new AuthorizationServerFailure('misconfigured', 'the ID token’s iat lies in the future');
  }
}
