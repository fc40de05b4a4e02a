import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FailureOutcome } from '../oauth-client/failure.js';
import { StorageUnavailable } from '../storage/storage.js';
import { failuresOf, hasJustFailed } from './refresh-failure.js';
import { readTokens, type StoredTokens, swapTokens, type TokenOwner, type TokenRecord } from './token-store.js';

/** Milliseconds between two renewals: a holder that lives keeps its lease, however long the call takes. */
const RENEW_EVERY = 2000;
/** Milliseconds by which a lease outlives the token call that it's for. */
const MARGIN = 5000;
/** Milliseconds between two attempts to store what was got while the storage can't be reached. */
const STORE_AGAIN = 250;

/** Milliseconds that a refresh may be in flight without a sign of its holder. It outlives a token call's whole timeout. */
export function leaseOf({ frontend }: TokenOwner): number {
  return frontend.client.http.timeout * 1000 + MARGIN;
}

/**
 * The right to use a session's refresh token, of which there's one over all instances: a mark in the token record, set by compare-and-swap. It fences
 * as well: whoever takes over changes the record, and then a late holder's answer can't be stored any more (R2).
 */
export class RefreshLease {
  private readonly renewal: NodeJS.Timeout;

  private constructor(
    private readonly owner: TokenOwner,
    private held: TokenRecord,
    private readonly id: string,
    /** By the monotonic clock: before the last write that is known to have held. */
    private heldSince: number,
  ) {
    this.renewal = setInterval(() => void this.renew().catch(() => {}), RENEW_EVERY).unref();
  }

  /** What is refreshed. */
  get record(): TokenRecord {
    return this.held;
  }

  /** `undefined`: somebody else has changed the record. `forcedAt`: the refresh is forced by an API's 401. `of`: it's for this route's token. */
  static async take(
    owner: TokenOwner,
    stored: StoredTokens,
    { forcedAt, of }: { forcedAt?: number | undefined; of?: string | undefined } = {},
  ): Promise<RefreshLease | undefined> {
    const before = performance.now();
    const { tokens, others } = stored;
    const forced = forcedAt ?? stored.forcedAt;
    const record = { tokens, ...(others && { others }), ...(forced !== undefined && { forcedAt: forced }) };
    const id = randomBytes(9).toString('base64url');
    const earlier = failuresOf(stored.refresh).filter(attempt => hasJustFailed(attempt) && attempt.of !== of);
    const refresh = {
      id,
      since: Date.now(),
      ...(of !== undefined && { of }),
      ...(earlier.length > 0 && { earlier }),
    };
    const taken = await swapTokens(owner, stored.version, { ...record, refresh });
    return taken ? new RefreshLease(owner, record, id, before) : undefined;
  }

  /** Whether a call that is sent now ends before anybody may take over. A process that was stopped meanwhile finds that it doesn't. */
  maySend(): boolean {
    return performance.now() - this.heldSince < MARGIN;
  }

  /** Stores what came back. `false`: the session has ended, or somebody has taken over; what came back is nobody's then. */
  async complete(held: Pick<TokenRecord, 'tokens' | 'others'>): Promise<boolean> {
    const { forcedAt } = this.record;
    return this.patiently(() => this.tryToComplete({ ...held, ...(forcedAt !== undefined && { forcedAt }) }));
  }

  /** Stores a refresh token that came with nothing else of use; the attempt goes on, to fail. `false`: as of {@link complete}. */
  keep(tokens: TokenRecord['tokens']): Promise<boolean> {
    // at once, so that a renewal on its way writes nothing older
    this.held = { ...this.held, tokens };
    return this.patiently(() => this.tryToKeep());
  }

  /** It came to nothing: those who wait hear of it, and the next attempt is anybody's after a pause. */
  async fail({
    retryAfter,
    outcome,
  }: {
    retryAfter: number | undefined;
    outcome?: FailureOutcome | undefined;
  }): Promise<void> {
    const failed = {
      at: Date.now(),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(outcome !== undefined && { outcome }),
    };
    for (;;) {
      const current = await this.current();
      if (!current?.refresh) return;
      // again where a renewal came in between
      if (await this.swap(current, { ...this.record, refresh: { ...current.refresh, failed } })) return;
    }
  }

  release(): void {
    clearInterval(this.renewal);
  }

  private async tryToComplete(record: TokenRecord): Promise<boolean> {
    for (;;) {
      const current = await readTokens(this.owner);
      // what was written before, though nobody said so
      if (current && current.refresh === undefined && holdsTheSame(current, record)) return true;
      if (current?.refresh?.id !== this.id) return false;
      if (await this.swap(current, record)) return true;
    }
  }

  private async tryToKeep(): Promise<boolean> {
    for (;;) {
      const current = await this.current();
      if (!current?.refresh) return false;
      if (await this.swap(current, { ...this.record, refresh: current.refresh })) return true;
    }
  }

  private async patiently(write: () => Promise<boolean>): Promise<boolean> {
    const end = performance.now() + leaseOf(this.owner);
    for (;;) {
      try {
        return await write();
      } catch (error) {
        // a rotated refresh token is in this process alone now (R3)
        if (!(error instanceof StorageUnavailable) || performance.now() > end) throw error;
        await delay(STORE_AGAIN);
      }
    }
  }

  private async renew(): Promise<void> {
    const before = performance.now();
    const current = await this.current();
    if (!current?.refresh || current.refresh.failed) return this.release();
    const refresh = { ...current.refresh, since: Date.now() };
    if (await this.swap(current, { ...this.record, refresh })) this.heldSince = before;
  }

  private async current(): Promise<StoredTokens | undefined> {
    const current = await readTokens(this.owner);
    return current?.refresh?.id === this.id ? current : undefined;
  }

  private swap({ version }: StoredTokens, record: TokenRecord): Promise<boolean> {
    return swapTokens(this.owner, version, record);
  }
}

function holdsTheSame(current: TokenRecord, record: TokenRecord): boolean {
  const said = ({ tokens, others }: TokenRecord) => JSON.stringify([tokens, others]);
  return said(current) === said(record);
}
