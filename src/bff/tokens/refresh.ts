import { decodeJwt } from 'jose';
import type { Events } from '../events.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import { grantedIn, type TokenResponse, type TokenSet } from '../oauth-client/token-set.js';
import type { RefreshLease } from './refresh-lease.js';
import { binding, type Refreshed, type Renewal, replacedBy, save, underLease } from './renewal.js';
import { revokeTokens } from './revocation.js';
import { dropped, outliving, type RouteToken, withOther } from './route-token.js';
import { readTokens, type TokenOwner, type TokenRecord } from './token-store.js';

/**
 * One refresh (RFC 6749 §6): the token call, the checks, the write. Only `invalid_grant` ends a session (R5). `wanted`: it's for a route that wants another
 * access token than the session's own, which stays (RFC 8707 §2.2).
 */
export function refresh(
  owner: TokenOwner,
  lease: RefreshLease,
  refreshToken: string,
  events: Events,
  wanted?: RouteToken,
): Promise<Refreshed> {
  return underLease(owner, lease, () => attempt(owner, lease, refreshToken, events, wanted));
}

async function attempt(
  owner: TokenOwner,
  lease: RefreshLease,
  refreshToken: string,
  events: Events,
  wanted: RouteToken | undefined,
): Promise<Refreshed> {
  const { record } = lease;
  const { tokenEndpoint } = owner.frontend.client;
  let response: TokenResponse;
  try {
    response = await tokenEndpoint.refresh(
      refreshToken,
      binding(owner, record),
      () => lease.maySend(),
      wanted?.parameters,
    );
  } catch (error) {
    const failure = failureOf(error);
    const { idToken, ...granted } = grantedIn(failure);
    if (isAnotherIdentity(failure) || !sameIdentity(record.tokens.idToken, unverifiedClaims(idToken)))
      return refused(owner, granted, events);
    if (granted.refreshToken !== undefined)
      return keep(owner, lease, granted, events, () => failed(owner, failure, events, wanted));
    return (await replacedBy(owner, record, wanted)) ?? failed(owner, failure, events, wanted);
  }
  const { claims } = response;
  const renewal = renewalOf(record, response.tokens, wanted);
  if (!sameIdentity(record.tokens.idToken, claims)) return refused(owner, renewal.granted, events);
  return save(owner, lease, renewal, events, outcome => {
    report(owner, outcome, events);
    // nobody waits for it
    if (outcome === 'completed' && !wanted) void revokeTokens(owner, { others: dropped(record.others) }, events);
  });
}

function renewalOf(record: TokenRecord, fresh: TokenSet, wanted: RouteToken | undefined): Renewal {
  const tokens = merged(record.tokens, fresh);
  if (!wanted) return { held: { tokens, ...outliving(record.others) }, granted: tokens, wanted };
  const { grant, access } = parted(tokens);
  const own = { ...parted(record.tokens).access, ...grant };
  return { held: withOther({ ...record, tokens: own }, wanted, access), granted: tokens, wanted };
}

/** What belongs to the grant, and what to the one access token. */
function parted({ refreshToken, refreshExpiresAt, idToken, ...access }: TokenSet) {
  const grant = {
    ...(refreshToken !== undefined && { refreshToken }),
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt }),
    ...(idToken !== undefined && { idToken }),
  };
  return { grant, access };
}

/** The answer is of no use, but for the refresh token that it brought: the session goes on with that (R3), or it's given back as what comes too late (R4). */
async function keep(
  owner: TokenOwner,
  lease: RefreshLease,
  granted: Partial<TokenSet>,
  events: Events,
  fail: () => Refreshed,
): Promise<Refreshed> {
  const { refreshExpiresAt: _gone, ...tokens } = lease.record.tokens;
  const { accessToken: _useless, ...rotated } = granted;
  if (await lease.keep({ ...tokens, ...rotated })) return fail();
  report(owner, 'orphaned', events);
  if (await readTokens(owner)) return { kind: 'failed', retryAfter: undefined };
  await revokeTokens(owner, granted, events);
  return { kind: 'ended' };
}

/** A6: what came back may be another user's. */
async function refused(owner: TokenOwner, granted: Partial<TokenSet>, events: Events): Promise<Refreshed> {
  await revokeTokens(owner, granted, events);
  report(owner, 'refused', events, { error: 'the refreshed ID token is another user’s' });
  return { kind: 'ended' };
}

function failed(
  owner: TokenOwner,
  failure: AuthorizationServerFailure,
  events: Events,
  wanted: RouteToken | undefined,
): Refreshed {
  const { outcome, error, errorDescription, status, retryAfter } = failure;
  const frontend = owner.frontend.name;
  if (outcome === 'invalid_client')
    events.record({ event: 'client_rejected', frontend, endpoint: 'token', status, error, errorDescription });
  report(owner, outcome === 'misconfigured' ? 'refused' : outcome, events, {
    error: error ?? failure.message,
    errorDescription,
  });
  if (outcome === 'invalid_grant') return { kind: 'ended' };
  const told = wanted !== undefined || outcome === 'unavailable';
  return { kind: 'failed', retryAfter, ...(told && { outcome }) };
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

/** OpenID Connect Core §12.2: `iss`, `sub`, `aud` and `auth_time` of a refreshed ID token are those of the first; an answer may come without one. */
function sameIdentity(idToken: string | undefined, refreshed: Readonly<Record<string, unknown>> | undefined): boolean {
  if (idToken === undefined || refreshed === undefined) return true;
  // its signature was checked when it came
  const first = decodeJwt(idToken);
  const same = (claim: string) => first[claim] === refreshed[claim];
  const authTime = refreshed['auth_time'] === undefined || first['auth_time'] === undefined || same('auth_time');
  return same('iss') && same('sub') && sameAudience(first.aud, refreshed['aud']) && authTime;
}

/**
 * Of an ID token that couldn't be verified nothing is believed, but that it may be another user's: then so is the refresh token beside it, which would be kept
 * otherwise (R3). One that isn't to be decoded says no more than none, and an answer may come without one.
 */
function unverifiedClaims(idToken: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    return idToken === undefined ? undefined : decodeJwt(idToken);
  } catch {
    return undefined;
  }
}

/** oauth4webapi compares `azp`, too, where there are several audiences. */
function isAnotherIdentity(failure: AuthorizationServerFailure): boolean {
  for (let cause: unknown = failure; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED') return true;
  }
  return false;
}

function sameAudience(first: unknown, refreshed: unknown): boolean {
  const [before, now] = [new Set([first ?? []].flat()), new Set([refreshed ?? []].flat())];
  return before.size === now.size && [...before].every(audience => now.has(audience));
}
