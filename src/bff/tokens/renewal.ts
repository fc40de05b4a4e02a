import type { Events } from '../events.js';
import type { TokenBinding } from '../oauth-client/dpop.js';
import { newDpopKey } from '../oauth-client/dpop-key.js';
import type { FailureOutcome } from '../oauth-client/failure.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { StorageUnavailable } from '../storage/storage.js';
import type { RefreshLease } from './refresh-lease.js';
import { revokeTokens } from './revocation.js';
import { heldFor, type RouteToken } from './route-token.js';
import { announce } from './session-notices.js';
import { readTokens, type StoredTokens, type TokenOwner, type TokenRecord } from './token-store.js';

/** `failed`: nothing is known to be wrong with the refresh token; `outcome`: of a request for a route's token, or of a server in trouble. `ended`: the session is over, or must be ended. */
export type Refreshed =
  | { kind: 'fresh'; tokens: TokenSet }
  | { kind: 'failed'; retryAfter: number | undefined; outcome?: FailureOutcome | undefined }
  | { kind: 'ended' };

/** What a token call has brought. */
export interface Renewal {
  /** To be stored. */
  readonly held: Pick<TokenRecord, 'tokens' | 'others'>;
  /** What came, for whoever has to give it back. */
  readonly granted: TokenSet;
  readonly wanted: RouteToken | undefined;
}

/** Whoever waits hears what came of it. */
export async function underLease(
  owner: TokenOwner,
  lease: RefreshLease,
  attempt: () => Promise<Refreshed>,
): Promise<Refreshed> {
  try {
    const renewed = await attempt();
    if (renewed.kind === 'failed') await lease.fail(renewed);
    if (renewed.kind !== 'ended')
      await announce(owner, { type: renewed.kind === 'fresh' ? 'refreshed' : 'refresh_failed' });
    return renewed;
  } finally {
    lease.release();
  }
}

/** The session's own key. Tokens from before `dpop` was switched on get one now: only a public client's refresh tokens are bound themselves (RFC 9449 §5). */
export function binding({ frontend }: TokenOwner, { tokens }: TokenRecord): TokenBinding {
  return { dpop: tokens.dpopKey ?? (frontend.options.dpop ? newDpopKey() : undefined) };
}

/** The session may have ended meanwhile: then what came back is revoked, and nothing brings the session back (R4). */
export async function save(
  owner: TokenOwner,
  lease: RefreshLease,
  renewal: Renewal,
  events: Events,
  report: (outcome: 'completed' | 'orphaned') => void,
): Promise<Refreshed> {
  const { held, granted, wanted } = renewal;
  if (await stored(lease, held)) {
    report('completed');
    return { kind: 'fresh', tokens: heldFor(held, wanted) ?? granted };
  }
  report('orphaned');
  const current = await readTokens(owner);
  if (current) return giveWay(owner, lease, renewal, current, events);
  await revokeTokens(owner, granted, events);
  return { kind: 'ended' };
}

/**
 * Another instance has taken over from this one, which stood still for too long (R2). The access token is given back. The refresh token isn't: it belongs to
 * the grant that the session lives on, and most servers end that with any of its refresh tokens (RFC 7009 §2.1).
 */
async function giveWay(
  owner: TokenOwner,
  lease: RefreshLease,
  { granted: { refreshToken: _refreshToken, ...late }, wanted }: Renewal,
  current: StoredTokens,
  events: Events,
): Promise<Refreshed> {
  await revokeTokens(owner, late, events);
  return replacement(lease.record, current, wanted) ?? { kind: 'failed', retryAfter: undefined };
}

/** A storage that stays away for longer than anybody waits loses them; they mustn't live on unknown. */
async function stored(lease: RefreshLease, held: Renewal['held']): Promise<boolean> {
  try {
    return await lease.complete(held);
  } catch (error) {
    if (error instanceof StorageUnavailable) return false;
    throw error;
  }
}

/** Another instance was faster, or has taken over: the server had rotated the refresh token (RFC 9700 §4.14.2) before it came a second time (R3). */
export async function replacedBy(
  owner: TokenOwner,
  before: TokenRecord,
  wanted: RouteToken | undefined,
): Promise<Refreshed | undefined> {
  const current = await readTokens(owner);
  if (!current) return undefined;
  // what came with it was for another API
  const isRotated = current.tokens.refreshToken !== before.tokens.refreshToken;
  return replacement(before, current, wanted) ?? (isRotated ? { kind: 'failed', retryAfter: undefined } : undefined);
}

function replacement(
  before: TokenRecord,
  current: TokenRecord,
  wanted: RouteToken | undefined,
): { kind: 'fresh'; tokens: TokenSet } | undefined {
  const tokens = heldFor(current, wanted);
  const isReplaced = tokens && tokens.accessToken !== heldFor(before, wanted)?.accessToken;
  return isReplaced ? { kind: 'fresh', tokens } : undefined;
}
