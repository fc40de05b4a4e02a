import type { Events } from '../events.js';
import type { FailureOutcome } from '../oauth-client/failure.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { isBoundToReplaced } from './certificate-binding.js';
import { exchange } from './exchange.js';
import { refresh } from './refresh.js';
import { leaseOf, RefreshLease } from './refresh-lease.js';
import { RefreshWatch } from './refresh-watch.js';
import type { Refreshed } from './renewal.js';
import { heldFor, type RouteToken } from './route-token.js';
import { readTokens, type StoredTokens, type TokenOwner } from './token-store.js';
import { FORCE_PAUSE, isDue, isUsable } from './validity.js';

/** `fresh`: renewed or not yet due. `keep`: the renewal failed or there is none, and the old one still lives. */
export type AccessToken =
  | { kind: 'fresh' | 'keep'; tokens: TokenSet }
  | { kind: 'ended' }
  | { kind: 'expired' }
  | { kind: 'unavailable'; retryAfter: number | undefined; outcome?: FailureOutcome | undefined };

/** What is to be renewed, and when. */
interface Need {
  /** Absent: the session's own. */
  readonly wanted: RouteToken | undefined;
  readonly due: (stored: StoredTokens) => boolean;
  /** An API's 401 forces it. */
  readonly forced?: true;
}

/** A valid access token for a session: refreshed ahead of its expiry, once, however many ask of however many instances; detached from the browser's request. */
export class AccessTokens {
  private readonly inFlight = new Map<string, Promise<Refreshed>>();

  constructor(private readonly events: Events) {}

  /** `wanted`: another than the session's own. `read`: what somebody has read a moment ago. */
  async of(owner: TokenOwner, wanted?: RouteToken, read?: StoredTokens): Promise<AccessToken> {
    if (wanted?.exchange) {
      const subject = await this.of(owner, undefined, read);
      if (!('tokens' in subject)) return subject;
    }
    // the subject may have been refreshed
    const stored = (wanted?.exchange ? undefined : read) ?? (await readTokens(owner));
    if (!stored) return { kind: 'ended' };
    const tokens = heldFor(stored, wanted);
    if (tokens && !isDue(owner, tokens)) return { kind: 'fresh', tokens };
    const usable = tokens && isUsable(owner, tokens) ? tokens : undefined;
    if (usable && this.isBusyElsewhere(owner, stored, wanted)) return { kind: 'keep', tokens: usable };
    const renewed = isRenewable(stored, wanted) ? await this.renewOnce(owner, needOf(owner, wanted)) : undefined;
    if (renewed?.kind === 'fresh' || renewed?.kind === 'ended') return renewed;
    if (usable && isUsable(owner, usable)) return { kind: 'keep', tokens: usable };
    return renewed ? { ...renewed, kind: 'unavailable' } : { kind: 'expired' };
  }

  /** An API refused this token although it should be good: what came of a refresh; the same token when none is to be had now (R12). */
  async replaceRejected(owner: TokenOwner, accessToken: string, wanted?: RouteToken): Promise<Refreshed> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    const tokens = heldFor(stored, wanted);
    // gone with the token that it was exchanged for
    if (!tokens) return this.renewOnce(owner, needOf(owner, wanted));
    if (tokens.accessToken !== accessToken) return { kind: 'fresh', tokens };
    // the certificate has changed while the call was on its way
    const isReplaced = (current: StoredTokens) => isBoundToReplaced(owner, heldFor(current, wanted) ?? tokens);
    if (isReplaced(stored)) return this.renewOnce(owner, { wanted, due: isReplaced });
    // who asks while a refresh is under way waits for it
    const due = (current: StoredTokens) =>
      heldFor(current, wanted)?.accessToken === accessToken &&
      (mayForce(current, wanted) || isInFlight(owner, current));
    return this.renewOnce(owner, { wanted, due, forced: true });
  }

  /** Resolves when no refresh is under way: what it brings has to be stored before the storage closes (R3). */
  async settled(): Promise<void> {
    await Promise.allSettled(this.inFlight.values());
  }

  /** Of those in this process the callers get what it brings. */
  private isBusyElsewhere(owner: TokenOwner, stored: StoredTokens, wanted: RouteToken | undefined): boolean {
    return !this.inFlight.has(flightOf(owner, wanted)) && isInFlight(owner, stored);
  }

  private renewOnce(owner: TokenOwner, need: Need): Promise<Refreshed> {
    const flight = flightOf(owner, need.wanted);
    const known = this.inFlight.get(flight);
    if (known) return known;
    const started = this.renewInTurn(owner, need);
    this.inFlight.set(flight, started);
    const forget = () => this.inFlight.delete(flight);
    started.then(forget, forget);
    return started;
  }

  /** Reads before it acts, each time: somebody may have refreshed since the caller looked, or be at it (R1). */
  private async renewInTurn(owner: TokenOwner, { wanted, due, forced }: Need): Promise<Refreshed> {
    const watch = new RefreshWatch(owner);
    try {
      for (;;) {
        const stored = await readTokens(owner);
        if (!stored) return { kind: 'ended' };
        const tokens = heldFor(stored, wanted);
        if (tokens && (!due(stored) || !isRenewable(stored, wanted))) return { kind: 'fresh', tokens };
        if (!isRenewable(stored, wanted)) return { kind: 'failed', retryAfter: undefined };
        const failed = watch.failureOf(stored.refresh, wanted?.key);
        if (failed) return { kind: 'failed', ...failed };
        if (watch.isUnderWay(stored.refresh)) {
          await watch.wait(stored.refresh);
          continue;
        }
        const forcedAt = forced && Date.now();
        const lease = await RefreshLease.take(owner, stored, { forcedAt, of: wanted?.key });
        if (lease) return await this.renew(owner, lease, wanted);
      }
    } finally {
      watch.close();
    }
  }

  private async renew(owner: TokenOwner, lease: RefreshLease, wanted: RouteToken | undefined): Promise<Refreshed> {
    if (wanted?.exchange) return exchange(owner, lease, wanted, this.events);
    return refresh(owner, lease, lease.record.tokens.refreshToken ?? '', this.events, wanted);
  }
}

function flightOf({ key }: TokenOwner, wanted: RouteToken | undefined): string {
  return wanted ? `${key} ${wanted.key}` : key;
}

function needOf(owner: TokenOwner, wanted: RouteToken | undefined): Need {
  const due = (stored: StoredTokens) => {
    const tokens = heldFor(stored, wanted);
    return !tokens || isDue(owner, tokens);
  };
  return { wanted, due };
}

/** There's something to get it with. */
function isRenewable({ tokens }: StoredTokens, wanted: RouteToken | undefined): boolean {
  return wanted?.exchange === true || tokens.refreshToken !== undefined;
}

function mayForce(stored: StoredTokens, wanted: RouteToken | undefined): boolean {
  const { forcedAt = 0 } = stored;
  const obtainedAt = heldFor(stored, wanted)?.obtainedAt ?? 0;
  return isRenewable(stored, wanted) && Date.now() - Math.max(obtainedAt, forcedAt) >= FORCE_PAUSE;
}

/** As far as the clock on the wall tells; who has to be sure watches. */
function isInFlight(owner: TokenOwner, { refresh: mark }: StoredTokens): boolean {
  return mark !== undefined && !mark.failed && Date.now() - mark.since < leaseOf(owner);
}
