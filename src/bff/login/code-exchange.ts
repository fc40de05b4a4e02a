import type { Events } from '../events.js';
import type { Frontend } from '../frontend.js';
import type { TokenBinding } from '../oauth-client/dpop.js';
import { AuthorizationServerFailure } from '../oauth-client/failure.js';
import type { TokenResponse, TokenSet } from '../oauth-client/token-set.js';
import { revokeTokens } from '../tokens/revocation.js';
import { checkAcr, checkEssentialClaims } from './id-token-claims.js';
import { hashOfState, type LoginTransaction } from './login-transaction.js';
import { tokenBinding } from './token-binding.js';

/** Who has logged in, and the tokens that came of it. */
export interface Login {
  tokens: TokenSet;
  subject: string;
  sid?: string;
  /** The ID token's, in seconds since the epoch. */
  issuedAt: number;
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

/**
 * The code for tokens (RFC 6749 §4.1.3), the ID token checked against this attempt. `response`: as it came, or as it was signed. Tokens that don't answer
 * what was asked for are given back.
 */
export async function exchangeCode(
  frontend: Frontend,
  response: URLSearchParams,
  state: string,
  transaction: LoginTransaction,
  events: Events,
): Promise<Login> {
  const { authorizationParams } = frontend.options;
  const maxAge = transaction.asked.max_age ?? authorizationParams['max_age'];
  const binding = tokenBinding(frontend, transaction);
  const currentUrl = new URL(`${frontend.redirectUri}?${response.toString()}`);
  const checks = {
    state,
    nonce: transaction.nonce,
    codeVerifier: transaction.codeVerifier,
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
  };
  const granted = await frontend.client.tokenEndpoint.exchangeCode(currentUrl, checks, binding);
  try {
    return await loginOf(frontend, transaction, granted, binding);
  } catch (error) {
    await revokeTokens({ frontend, handle: 'none' }, granted.tokens, events);
    throw error;
  }
}

async function loginOf(
  frontend: Frontend,
  { asked }: LoginTransaction,
  { tokens, claims }: TokenResponse,
  binding: TokenBinding,
): Promise<Login> {
  // openid-client takes an empty sub, which would make one user of all
  if (!claims?.sub)
    throw new AuthorizationServerFailure('misconfigured', 'the token response has no ID token, or one without sub');
  checkAcr(claims, asked.acr_values ?? frontend.options.authorizationParams['acr_values']);
  checkEssentialClaims(claims, frontend.options.claims);
  const userinfo = frontend.options.userinfo
    ? await frontend.client.userinfo(tokens.accessToken, claims.sub, binding)
    : {};
  const { sub: subject, sid, iat: issuedAt } = claims;
  return {
    tokens,
    subject,
    issuedAt,
    ...(typeof sid === 'string' && { sid }),
    user: allowed({ ...userinfo, ...claims }, frontend),
  };
}

function allowed(claims: Record<string, unknown>, { options }: Frontend): Record<string, unknown> {
  const known = options.sessionClaims.filter(name => claims[name] !== undefined);
  const user = Object.fromEntries(known.map(name => [name, claims[name]]));
  if (!isWritable(user)) throw new AuthorizationServerFailure('misconfigured', 'a claim is nested too deeply');
  return user;
}

/** What can be read can be too deep to be written again. */
function isWritable(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
