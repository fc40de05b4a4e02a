import type { Frontend } from '../frontend.js';
import type { FailureOutcome } from '../oauth-client/failure.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { SealedRecord } from '../storage/sealed-records.js';

/** Whose tokens: a session as far as this folder knows it. */
export interface TokenOwner {
  frontend: Frontend;
  /** `{frontend:H(session id)}`, the tag of the session's records. */
  key: string;
  /** For logs. */
  handle: string;
  /** Milliseconds since the epoch: the session's absolute deadline. */
  absoluteExpiresAt: number;
}

/** A user's access token for a route that wants another than the session's own. */
export interface OtherToken extends TokenSet {
  /** The session's own was exchanged for it, and it goes with that. */
  exchanged?: true;
}

/** By the key of what the route wants. */
export type OtherTokens = Record<string, OtherToken>;

/** The token record: changed by compare-and-swap alone, so that a rotated refresh token can't be lost to a concurrent write (R3). */
export interface TokenRecord {
  tokens: TokenSet;
  /** Access tokens for routes that want others. Absent where there are none, and in a record of an older release. */
  others?: OtherTokens;
  /** When a refresh was last forced by an API's 401. */
  forcedAt?: number;
  /** In flight, or failed last. */
  refresh?: RefreshMark;
}

/** Times are milliseconds since the epoch, by the clock of whoever refreshes. */
export interface RefreshMark {
  /** Of this attempt, at random. */
  id: string;
  /** The last sign of life. */
  since: number;
  /** The key of the route's token that it's for; absent: the session's own. */
  of?: string;
  failed?: FailedAttempt['failed'];
  /** Those before it that had just failed when it began, each for another token. Absent in a record of an older release. */
  earlier?: FailedAttempt[];
}

export interface FailedAttempt extends Pick<RefreshMark, 'id' | 'of'> {
  /** `retryAfter`: seconds, as the server said. */
  failed: { at: number; retryAfter?: number; outcome?: FailureOutcome };
}

/** All tokens that a session had. */
export interface SessionTokens extends TokenSet {
  others?: readonly TokenSet[];
}

/** What a session's end leaves for a moment. */
export interface Taken {
  taken: true;
}
const TAKEN: Taken = { taken: true };
/** Milliseconds, in case that the delete which follows at once never comes. */
const TAKEN_LIFETIME = 60_000;

export interface StoredTokens extends TokenRecord {
  version: string;
}

export const recordKey = ({ key }: Pick<TokenOwner, 'key'>) => `${key}:tokens`;

export async function readTokens(owner: TokenOwner): Promise<StoredTokens | undefined> {
  return tokensIn(await owner.frontend.records.get(recordKey(owner)));
}

/** For whoever reads the record together with others. */
export function tokensIn(record: SealedRecord<TokenRecord | Taken> | undefined): StoredTokens | undefined {
  return record && 'tokens' in record.value ? { ...record.value, version: record.version } : undefined;
}

export function createTokens(owner: TokenOwner, tokens: TokenSet): Promise<void> {
  return owner.frontend.records.put(recordKey(owner), { tokens } satisfies TokenRecord, lifetime(owner, tokens));
}

/** `false`: somebody else has changed the record, or it's gone. */
export function swapTokens(owner: TokenOwner, version: string, record: TokenRecord): Promise<boolean> {
  return owner.frontend.records.compareAndSwap(recordKey(owner), version, record, lifetime(owner, record.tokens));
}

/**
 * Takes the tokens away, for good: of two that end a session one gets them. It swaps before it deletes, so that what it gives back is the last
 * there was, and a refresh under way finds no record to write to (R4).
 */
export async function takeTokens(owner: TokenOwner): Promise<SessionTokens | undefined> {
  const { records } = owner.frontend;
  for (;;) {
    const stored = await readTokens(owner);
    if (!stored) return undefined;
    if (!(await records.compareAndSwap(recordKey(owner), stored.version, TAKEN, TAKEN_LIFETIME))) continue;
    await records.delete(recordKey(owner));
    return { ...stored.tokens, others: Object.values(stored.others ?? {}) };
  }
}

/** A session lives no longer than its refresh token, where that is known (RFC 10017 §6.1; B18): without this record it's over. */
function lifetime(owner: TokenOwner, tokens: TokenSet): number {
  return Math.max(1, Math.min(owner.absoluteExpiresAt, tokens.refreshExpiresAt ?? Infinity) - Date.now());
}
