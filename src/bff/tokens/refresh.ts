import { decodeJwt } from 'jose';
import type { Events } from '../events.js';
import type { TokenBinding } from '../oauth-client/dpop.js';
import { newDpopKey } from '../oauth-client/dpop-key.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import type { IDToken } from '../oauth-client/oauth-client.js';
import type { TokenResponse, TokenSet } from '../oauth-client/token-set.js';
import { revokeTokens } from './revocation.js';
import { readTokens, type StoredTokens, swapTokens, type TokenOwner } from './token-store.js';

/** `failed`: nothing is known to be wrong with the refresh token. `ended`: the session is over, or must be ended. */
export type Refreshed =
  { kind: 'fresh'; tokens: TokenSet } | { kind: 'failed'; retryAfter: number | undefined } | { kind: 'ended' };

/** One refresh (RFC 6749 §6): the token call, the checks, the write. Only `invalid_grant` ends a session (R5). */
export async function refresh(
  owner: TokenOwner,
  stored: StoredTokens,
  refreshToken: string,
  events: Events,
): Promise<Refreshed> {
  let response: TokenResponse;
  try {
    response = await owner.frontend.client.refresh(refreshToken, binding(owner, stored));
  } catch (error) {
    const failure = failureOf(error);
    if (isAnotherIdentity(failure)) return refuse(owner, stored.tokens, events);
    const replaced = failure.outcome === 'invalid_grant' ? await replacedBy(owner, refreshToken) : undefined;
    return replaced ? { kind: 'fresh', tokens: replaced } : failed(owner, failure, events);
  }
  const tokens = merged(stored.tokens, response.tokens);
  if (response.claims && !sameIdentity(stored.tokens.idToken, response.claims)) return refuse(owner, tokens, events);
  return save(owner, stored, tokens, events);
}

/** The session's own key. Tokens from before `dpop` was switched on get one now: only a public client's refresh tokens are bound themselves (RFC 9449 §5). */
function binding({ frontend }: TokenOwner, { tokens }: StoredTokens): TokenBinding {
  return { dpop: tokens.dpopKey ?? (frontend.options.dpop ? newDpopKey() : undefined) };
}

/** A6: what came back may be another user's. */
async function refuse(owner: TokenOwner, tokens: TokenSet, events: Events): Promise<Refreshed> {
  await revokeTokens(owner, tokens, events);
  report(owner, 'refused', events, { error: 'the refreshed ID token is another user’s' });
  return { kind: 'ended' };
}

/** The session may have ended meanwhile: then what came back is revoked, and nothing brings the session back (R4). */
async function save(owner: TokenOwner, stored: StoredTokens, tokens: TokenSet, events: Events): Promise<Refreshed> {
  const { version, forcedAt } = stored;
  const record = { tokens, ...(forcedAt !== undefined && { forcedAt }) };
  const swapped = await swapTokens(owner, version, record);
  // another process wrote: what this one got is newer at the server, which rotated the token for it
  const current = swapped ? undefined : await readTokens(owner);
  if (swapped || (current && (await swapTokens(owner, current.version, record)))) {
    report(owner, 'completed', events);
    return { kind: 'fresh', tokens };
  }
  report(owner, 'orphaned', events);
  await revokeTokens(owner, tokens, events);
  return { kind: 'ended' };
}

/** Another process was faster: the server had rotated the refresh token (RFC 9700 §4.14.2) before it came a second time (R3). */
async function replacedBy(owner: TokenOwner, refreshToken: string): Promise<TokenSet | undefined> {
  const current = await readTokens(owner);
  return current?.tokens.refreshToken === refreshToken ? undefined : current?.tokens;
}

function failed(owner: TokenOwner, failure: AuthorizationServerFailure, events: Events): Refreshed {
  const { outcome, error, errorDescription, status, retryAfter } = failure;
  const frontend = owner.frontend.name;
  if (outcome === 'invalid_client')
    events.record({ event: 'client_rejected', frontend, endpoint: 'token', status, error, errorDescription });
  report(owner, outcome === 'misconfigured' ? 'refused' : outcome, events, {
    error: error ?? failure.message,
    errorDescription,
  });
  return outcome === 'invalid_grant' ? { kind: 'ended' } : { kind: 'failed', retryAfter };
}

function report(
  owner: TokenOwner,
  outcome: Parameters<Events['refreshed']>[1],
  events: Events,
  said: { error?: string | undefined; errorDescription?: string | undefined } = {},
): void {
  const at = { frontend: owner.frontend.name, session: owner.handle };
  events.refreshed(at.frontend, outcome);
  if (outcome === 'completed') events.record({ event: 'refresh_completed', ...at });
  else if (outcome === 'orphaned') events.record({ event: 'refresh_orphaned', ...at });
  else events.record({ event: 'refresh_failed', outcome, ...said, ...at });
}

/** A server that doesn't rotate sends no refresh token, and an ID token is optional (OpenID Connect Core §12.2): the old ones stay. */
function merged(old: TokenSet, fresh: TokenSet): TokenSet {
  const { refreshToken, refreshExpiresAt, idToken, scope } = old;
  return {
    ...(scope !== undefined && { scope }),
    ...(idToken !== undefined && { idToken }),
    ...(refreshToken !== undefined && fresh.refreshToken === undefined && { refreshToken }),
    ...(refreshExpiresAt !== undefined && fresh.refreshToken === undefined && { refreshExpiresAt }),
    ...fresh,
  };
}

/** OpenID Connect Core §12.2: `iss`, `sub`, `aud` and `auth_time` of a refreshed ID token are those of the first. */
function sameIdentity(idToken: string | undefined, refreshed: IDToken): boolean {
  if (idToken === undefined) return true;
  // its signature was checked when it came
  const first = decodeJwt(idToken);
  const same = (claim: string) => JSON.stringify(first[claim]) === JSON.stringify(refreshed[claim]);
  const authTime = refreshed.auth_time === undefined || first['auth_time'] === undefined || same('auth_time');
  return same('iss') && same('sub') && sameAudience(first.aud, refreshed.aud) && authTime;
}

/** oauth4webapi compares `iss` and `aud` with the configuration, and throws the tokens away when they differ: then the old ones are left to revoke. */
function isAnotherIdentity(failure: AuthorizationServerFailure): boolean {
  for (let cause: unknown = failure; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED') return true;
  }
  return false;
}

function sameAudience(first: string | string[] | undefined, refreshed: string | string[]): boolean {
  const sorted = (audience: string | string[] | undefined) => JSON.stringify([audience ?? []].flat().toSorted());
  return sorted(first) === sorted(refreshed);
}
