import { setTimeout as delay } from 'node:timers/promises';
import type { FailureOutcome } from '../oauth-client/failure.js';
import type { Subscription } from '../storage/storage.js';
import { concerns, failuresOf, hasJustFailed } from './refresh-failure.js';
import { leaseOf } from './refresh-lease.js';
import { listen } from './session-notices.js';
import type { FailedAttempt, RefreshMark, TokenOwner } from './token-store.js';

/** Milliseconds between two looks where no notice comes. */
const LOOK_EVERY = 500;
/** Milliseconds by which the clocks of two instances may differ. */
const SKEW = 60_000;

/** How it failed. */
interface Failure {
  retryAfter: number | undefined;
  outcome: FailureOutcome | undefined;
}

/** One process's view of refreshes of a session elsewhere: who has to wait, until when, and for what. */
export class RefreshWatch {
  /** The sign of life that was seen last, and since when by the monotonic clock: other machines' clocks tell nothing exact. */
  private seen: { sign: string; at: number } | undefined;
  /** Attempts that were waited for. */
  private readonly awaited = new Set<string>();
  private subscription: Subscription | undefined;
  private news = Promise.withResolvers<void>();

  constructor(private readonly owner: TokenOwner) {}

  /** Somebody refreshes, and hasn't been silent for the whole lease. */
  isUnderWay(mark: RefreshMark | undefined): mark is RefreshMark {
    if (!mark || mark.failed) return false;
    const sign = `${mark.id} ${mark.since}`;
    if (this.seen?.sign !== sign) this.seen = { sign, at: performance.now() };
    const lease = leaseOf(this.owner);
    return performance.now() - this.seen.at < lease && Date.now() - mark.since < lease + SKEW;
  }

  /** What was waited for has failed, or somebody has just failed: one answer for all whom it concerns. */
  failureOf(mark: RefreshMark | undefined, of?: string): Failure | undefined {
    const answers = (attempt: FailedAttempt) => hasJustFailed(attempt) || this.awaited.has(attempt.id);
    const failure = failuresOf(mark).find(attempt => concerns(attempt, of) && answers(attempt));
    return failure && { retryAfter: failure.failed.retryAfter, outcome: failure.failed.outcome };
  }

  /** Resolves when there may be something new; the first time at once, since what was said before the subscription has to be looked up. */
  async wait({ id }: RefreshMark): Promise<void> {
    this.awaited.add(id);
    if (!this.subscription) return this.subscribe();
    await Promise.race([this.news.promise, delay(LOOK_EVERY, undefined, { ref: false })]);
    this.news = Promise.withResolvers();
  }

  close(): void {
    this.subscription?.close();
  }

  /** Without notices there are still the looks. */
  private async subscribe(): Promise<void> {
    this.subscription = await listen(this.owner, () => this.news.resolve()).catch(() => ({ close: () => {} }));
  }
}
