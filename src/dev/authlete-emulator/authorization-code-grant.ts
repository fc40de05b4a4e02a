import { createHash } from 'node:crypto';
import { signIdToken } from './id-token.js';
import { type Answer, OAuthError } from './oauth-error.js';
import { given } from './parameters.js';
import type { Grant } from './records.js';
import { issueTokens, type TokenCall } from './tokens.js';

const invalidGrant = (code: string, message: string) => new OAuthError(code, 'invalid_grant', message);

/** RFC 6749 §4.1.3. The code is used up when tokens are issued for it, and not by an attempt that was refused (no source for that). */
export async function authorizationCodeGrant({ parameters, client, state, jkt }: TokenCall): Promise<Answer> {
  const issued = state.codes.get(given(parameters, 'code') ?? '');
  // com: code and message, for one that was used before
  if (!issued || issued.used) throw invalidGrant('A050305', 'No such authorization code.');
  const { grant } = issued;
  if (grant.request.clientId !== client.text('clientId')) {
    throw invalidGrant('EMU-FOREIGN-CODE', 'The code is another client’s.');
  }
  checkRedirectUri(grant, parameters);
  checkVerifier(grant, parameters);
  // RFC 9449 §10
  if (grant.request.jkt !== undefined && grant.request.jkt !== jkt) {
    throw invalidGrant('EMU-CODE-BOUND', 'The code is bound to another DPoP key.');
  }
  issued.used = true;
  const idToken = grant.scopes.includes('openid') ? await signIdToken(grant, state) : undefined;
  const issue = { grant, scopes: grant.scopes, grantType: 'AUTHORIZATION_CODE', idToken, jkt };
  // doc
  return issueTokens(issue, state, ['A050001', 'Tokens were issued for an authorization code.']);
}

/** RFC 6749 §4.1.3: identical, if it was in the authorization request. com: its code. */
function checkRedirectUri({ request }: Grant, parameters: URLSearchParams): void {
  if (!request.parameters.has('redirect_uri') || given(parameters, 'redirect_uri') === request.redirectUri) return;
  throw invalidGrant('A050309', 'The redirect URI is not that of the authorization request.');
}

/** RFC 7636 §4.6. com: both codes. */
function checkVerifier({ request }: Grant, parameters: URLSearchParams): void {
  const challenge = given(request.parameters, 'code_challenge');
  const verifier = given(parameters, 'code_verifier');
  if (challenge === undefined && verifier === undefined) return;
  if (verifier === undefined) throw invalidGrant('A050312', 'code_verifier is missing.');
  const s256 = given(request.parameters, 'code_challenge_method') === 'S256';
  const transformed = s256 ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  if (transformed !== challenge) throw invalidGrant('A050315', 'code_verifier does not match code_challenge.');
}
