import type { Frontend } from '../frontend.js';
import { AuthorizationServerFailure } from '../oauth-client/failure.js';
import type { IDToken } from '../oauth-client/oauth-client.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { hashOfState, type LoginTransaction } from './login-transaction.js';
import { tokenBinding } from './token-binding.js';

/** Who has logged in, and the tokens that came of it. */
export interface Login {
  tokens: TokenSet;
  subject: string;
  sid?: string;
  user: Record<string, unknown>;
}

/**
 * Takes the attempt, for all processes and for good: `false` when somebody has. It's the only write before anybody is logged in, and it expires
 * with the attempt (A1, A10).
 */
export function takeTransaction(
  { records, name }: Frontend,
  state: string,
  { expiresAt }: LoginTransaction,
): Promise<boolean> {
  return records.storage.putIfAbsent(
    `{${name}:state:${hashOfState(state)}}:taken`,
    Buffer.of(1),
    Math.max(1, expiresAt - Date.now()),
  );
}

/** The code for tokens (RFC 6749 §4.1.3), the ID token checked against this attempt. `query`: the callback's, as it came. */
export async function exchangeCode(
  frontend: Frontend,
  query: string,
  state: string,
  transaction: LoginTransaction,
): Promise<Login> {
  const { authorizationParams } = frontend.options;
  const maxAge = transaction.asked.max_age ?? authorizationParams['max_age'];
  const binding = tokenBinding(frontend, transaction);
  const currentUrl = new URL(`${frontend.redirectUri}?${query}`);
  const checks = {
    state,
    nonce: transaction.nonce,
    codeVerifier: transaction.codeVerifier,
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
  };
  const { tokens, claims } = await frontend.client.exchangeCode(currentUrl, checks, binding);
  // openid-client takes an empty sub, which would make one user of all
  if (!claims?.sub)
    throw new AuthorizationServerFailure('misconfigured', 'the token response has no ID token, or one without sub');
  checkAcr(claims, transaction.asked.acr_values ?? authorizationParams['acr_values']);
  const userinfo = frontend.options.userinfo
    ? await frontend.client.userinfo(tokens.accessToken, claims.sub, binding)
    : {};
  const { sub: subject, sid } = claims;
  return {
    tokens,
    subject,
    ...(typeof sid === 'string' && { sid }),
    user: allowed({ ...userinfo, ...claims }, frontend),
  };
}

/** Asked for, it must be so (A9): a server may ignore `acr_values`, which OpenID Connect Core §3.1.2.1 calls voluntary. */
function checkAcr({ acr }: IDToken, asked: string | undefined): void {
  if (asked !== undefined && !asked.split(' ').some(value => value === acr)) {
    throw new AuthorizationServerFailure('refused', 'the ID token’s acr is none of those asked for');
  }
}

function allowed(claims: Record<string, unknown>, { options }: Frontend): Record<string, unknown> {
  return Object.fromEntries(
    options.sessionClaims.flatMap(name => (claims[name] === undefined ? [] : [[name, claims[name]]])),
  );
}
