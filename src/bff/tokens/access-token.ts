import type { Events } from '../events.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { isBoundToReplaced } from './certificate-binding.js';
import { refresh, type Refreshed } from './refresh.js';
import { leaseOf, RefreshLease } from './refresh-lease.js';
import { RefreshWatch } from './refresh-watch.js';
import { readTokens, type StoredTokens, type TokenOwner } from './token-store.js';
import { FORCE_PAUSE, isDue, isUsable } from './validity.js';

/** `fresh`: renewed or not yet due. `keep`: the renewal failed or there is none, and the old one still lives. */
export type AccessToken =
  | { kind: 'fresh' | 'keep'; tokens: TokenSet }
  | { kind: 'ended' }
  | { kind: 'expired' }
  | { kind: 'unavailable'; retryAfter: number | undefined };

/** Whether the tokens have to be renewed. */
type Due = (stored: StoredTokens) => boolean;

/** A valid access token for a session: refreshed ahead of its expiry, once, however many ask of however many instances; detached from the browser's request. */
export class AccessTokens {
  private readonly inFlight = new Map<string, Promise<Refreshed>>();

  constructor(private readonly events: Events) {}

  async of(owner: TokenOwner): Promise<AccessToken> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    const { tokens } = stored;
    const due: Due = ({ tokens: current }) => isDue(owner, current);
    if (!due(stored)) return { kind: 'fresh', tokens };
    if (isUsable(owner, tokens) && this.isBusyElsewhere(owner, stored)) return { kind: 'keep', tokens };
    const refreshed = tokens.refreshToken === undefined ? undefined : await this.refreshOnce(owner, due);
    if (refreshed?.kind === 'fresh' || refreshed?.kind === 'ended') return refreshed;
    if (isUsable(owner, tokens)) return { kind: 'keep', tokens };
    return refreshed ? { kind: 'unavailable', retryAfter: refreshed.retryAfter } : { kind: 'expired' };
  }

  /** An API refused this token although it should be good: what came of a refresh; the same token when none is to be had now (R12). */
  async replaceRejected(owner: TokenOwner, accessToken: string): Promise<Refreshed> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    if (stored.tokens.accessToken !== accessToken) return { kind: 'fresh', tokens: stored.tokens };
    // the certificate has changed while the call was on its way
    const replaced: Due = ({ tokens }) => isBoundToReplaced(owner, tokens);
    if (replaced(stored)) return this.refreshOnce(owner, replaced);
    // who asks while a refresh is under way waits for it
    const rejected: Due = current =>
      current.tokens.accessToken === accessToken && (mayForce(current) || isInFlight(owner, current));
    return this.refreshOnce(owner, rejected, () => Date.now());
  }

  /** Resolves when no refresh is under way: what it brings has to be stored before the storage closes (R3). */
  async settled(): Promise<void> {
    await Promise.allSettled(this.inFlight.values());
  }

  /** Of those in this process the callers get what it brings. */
  private isBusyElsewhere(owner: TokenOwner, stored: StoredTokens): boolean {
    return !this.inFlight.has(owner.key) && isInFlight(owner, stored);
  }

  /** `forcedAt`: the time of a refresh that an API's 401 forces. */
  private refreshOnce(owner: TokenOwner, due: Due, forcedAt?: () => number): Promise<Refreshed> {
    const known = this.inFlight.get(owner.key);
    if (known) return known;
    const started = this.refreshInTurn(owner, due, forcedAt);
    this.inFlight.set(owner.key, started);
    const forget = () => this.inFlight.delete(owner.key);
    started.then(forget, forget);
    return started;
  }

  /** Reads before it acts, each time: somebody may have refreshed since the caller looked, or be at it (R1). */
  private async refreshInTurn(owner: TokenOwner, due: Due, forcedAt?: () => number): Promise<Refreshed> {
    const watch = new RefreshWatch(owner);
    try {
      for (;;) {
        const stored = await readTokens(owner);
        if (!stored) return { kind: 'ended' };
        if (!due(stored) || stored.tokens.refreshToken === undefined) return { kind: 'fresh', tokens: stored.tokens };
        const failed = watch.failureOf(stored.refresh);
        if (failed) return { kind: 'failed', ...failed };
        if (watch.isUnderWay(stored.refresh)) {
          await watch.wait(stored.refresh);
          continue;
        }
        const lease = await RefreshLease.take(owner, stored, forcedAt?.());
        if (lease) return await refresh(owner, lease, stored.tokens.refreshToken, this.events);
      }
    } finally {
      watch.close();
    }
  }
}

function mayForce({ tokens, forcedAt = 0 }: StoredTokens): boolean {
  return tokens.refreshToken !== undefined && Date.now() - Math.max(tokens.obtainedAt, forcedAt) >= FORCE_PAUSE;
}

/** As far as the clock on the wall tells; who has to be sure watches. */
function isInFlight(owner: TokenOwner, { refresh: mark }: StoredTokens): boolean {
  return mark !== undefined && !mark.failed && Date.now() - mark.since < leaseOf(owner);
}
