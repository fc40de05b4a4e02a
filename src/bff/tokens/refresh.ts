import { decodeJwt } from 'jose';
import type { Events } from '../events.js';
import type { TokenBinding } from '../oauth-client/dpop.js';
import { newDpopKey } from '../oauth-client/dpop-key.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import type { IDToken } from '../oauth-client/oauth-client.js';
import type { TokenResponse, TokenSet } from '../oauth-client/token-set.js';
import { StorageUnavailable } from '../storage/storage.js';
import type { RefreshLease } from './refresh-lease.js';
import { revokeTokens } from './revocation.js';
import { announce } from './session-notices.js';
import { readTokens, type StoredTokens, type TokenOwner, type TokenRecord } from './token-store.js';

/** `failed`: nothing is known to be wrong with the refresh token. `ended`: the session is over, or must be ended. */
export type Refreshed =
  { kind: 'fresh'; tokens: TokenSet } | { kind: 'failed'; retryAfter: number | undefined } | { kind: 'ended' };

/** One refresh (RFC 6749 §6): the token call, the checks, the write; whoever waits hears what came of it. Only `invalid_grant` ends a session (R5). */
export async function refresh(
  owner: TokenOwner,
  lease: RefreshLease,
  refreshToken: string,
  events: Events,
): Promise<Refreshed> {
  try {
    const refreshed = await attempt(owner, lease, refreshToken, events);
    if (refreshed.kind === 'failed') await lease.fail(refreshed.retryAfter);
    if (refreshed.kind !== 'ended')
      await announce(owner, { type: refreshed.kind === 'fresh' ? 'refreshed' : 'refresh_failed' });
    return refreshed;
  } finally {
    lease.release();
  }
}

async function attempt(
  owner: TokenOwner,
  lease: RefreshLease,
  refreshToken: string,
  events: Events,
): Promise<Refreshed> {
  const { record } = lease;
  let response: TokenResponse;
  try {
    response = await owner.frontend.client.tokenEndpoint.refresh(refreshToken, binding(owner, record), () =>
      lease.maySend(),
    );
  } catch (error) {
    const failure = failureOf(error);
    if (isAnotherIdentity(failure)) return refuse(owner, record.tokens, events);
    const replaced = await replacedBy(owner, record.tokens);
    return replaced ? { kind: 'fresh', tokens: replaced } : failed(owner, failure, events);
  }
  const tokens = merged(record.tokens, response.tokens);
  if (response.claims && !sameIdentity(record.tokens.idToken, response.claims)) return refuse(owner, tokens, events);
  return save(owner, lease, tokens, events);
}

/** The session's own key. Tokens from before `dpop` was switched on get one now: only a public client's refresh tokens are bound themselves (RFC 9449 §5). */
function binding({ frontend }: TokenOwner, { tokens }: TokenRecord): TokenBinding {
  return { dpop: tokens.dpopKey ?? (frontend.options.dpop ? newDpopKey() : undefined) };
}

/** A6: what came back may be another user's. */
async function refuse(owner: TokenOwner, tokens: TokenSet, events: Events): Promise<Refreshed> {
  await revokeTokens(owner, tokens, events);
  report(owner, 'refused', events, { error: 'the refreshed ID token is another user’s' });
  return { kind: 'ended' };
}

/** The session may have ended meanwhile: then what came back is revoked, and nothing brings the session back (R4). */
async function save(owner: TokenOwner, lease: RefreshLease, tokens: TokenSet, events: Events): Promise<Refreshed> {
  if (await stored(lease, tokens)) {
    report(owner, 'completed', events);
    return { kind: 'fresh', tokens };
  }
  report(owner, 'orphaned', events);
  const current = await readTokens(owner);
  if (current) return giveWay(owner, lease, tokens, current, events);
  await revokeTokens(owner, tokens, events);
  return { kind: 'ended' };
}

/**
 * Another instance has taken over from this one, which stood still for too long (R2). The access token is given back. The refresh token isn't: it belongs to
 * the grant that the session lives on, and most servers end that with any of its refresh tokens (RFC 7009 §2.1).
 */
async function giveWay(
  owner: TokenOwner,
  lease: RefreshLease,
  { refreshToken: _refreshToken, ...late }: TokenSet,
  current: StoredTokens,
  events: Events,
): Promise<Refreshed> {
  await revokeTokens(owner, late, events);
  const isReplaced = current.tokens.accessToken !== lease.record.tokens.accessToken;
  return isReplaced ? { kind: 'fresh', tokens: current.tokens } : { kind: 'failed', retryAfter: undefined };
}

/** A storage that stays away for longer than anybody waits loses them; they mustn't live on unknown. */
async function stored(lease: RefreshLease, tokens: TokenSet): Promise<boolean> {
  try {
    return await lease.complete(tokens);
  } catch (error) {
    if (error instanceof StorageUnavailable) return false;
    throw error;
  }
}

/** Another instance was faster, or has taken over: the server had rotated the refresh token (RFC 9700 §4.14.2) before it came a second time (R3). */
async function replacedBy(owner: TokenOwner, { accessToken }: TokenSet): Promise<TokenSet | undefined> {
  const current = await readTokens(owner);
  return current?.tokens.accessToken === accessToken ? undefined : current?.tokens;
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
