import type { Events } from '../events.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import { isBoundToReplaced } from './certificate-binding.js';
import { refresh, type Refreshed } from './refresh.js';
import { readTokens, type StoredTokens, swapTokens, type TokenOwner } from './token-store.js';

/** Milliseconds before its expiry in which a token is renewed, or a fifth of its life where that is shorter. */
const AHEAD = 30_000;
/** Milliseconds in which one session forces one refresh at most, however often an API says 401 (R12). */
const FORCE_PAUSE = 30_000;
/** Milliseconds for which a failed refresh answers for the calls that follow, so that they don't storm a server in trouble. */
const FAILURE_PAUSE = 1000;

/** `fresh`: renewed or not yet due. `keep`: the renewal failed or there is none, and the old one still lives. */
export type AccessToken =
  | { kind: 'fresh' | 'keep'; tokens: TokenSet }
  | { kind: 'ended' }
  | { kind: 'expired' }
  | { kind: 'unavailable'; retryAfter: number | undefined };

/** A valid access token for a session: refreshed ahead of its expiry, once, however many ask; detached from the browser's request. */
export class AccessTokens {
  private readonly inFlight = new Map<string, Promise<Refreshed>>();

  constructor(private readonly events: Events) {}

  async of(owner: TokenOwner): Promise<AccessToken> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    const { tokens } = stored;
    const due = (current: TokenSet) => isDue(current) || isBoundToReplaced(owner, current);
    if (!due(tokens)) return { kind: 'fresh', tokens };
    const refreshed =
      tokens.refreshToken === undefined
        ? undefined
        : await this.refreshOnce(owner, () => this.refreshIfDue(owner, due));
    if (refreshed?.kind === 'fresh' || refreshed?.kind === 'ended') return refreshed;
    if (isAlive(tokens) && !isBoundToReplaced(owner, tokens)) return { kind: 'keep', tokens };
    return refreshed ? { kind: 'unavailable', retryAfter: refreshed.retryAfter } : { kind: 'expired' };
  }

  /** An API refused this token although it should be good: what came of a refresh, or `undefined` when none is to be had now. */
  async replaceRejected(owner: TokenOwner, accessToken: string): Promise<Refreshed | undefined> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    if (stored.tokens.accessToken !== accessToken) return { kind: 'fresh', tokens: stored.tokens };
    // the certificate has changed while the call was on its way
    const replaced = (current: TokenSet) => isBoundToReplaced(owner, current);
    if (replaced(stored.tokens)) return this.refreshOnce(owner, () => this.refreshIfDue(owner, replaced));
    // who asks while a refresh is under way waits for it
    if (!this.inFlight.has(owner.key) && !mayForce(stored)) return undefined;
    return this.refreshOnce(owner, () => this.force(owner, stored));
  }

  /** Resolves when no refresh is under way: what it brings has to be stored before the storage closes (R3). */
  async settled(): Promise<void> {
    await Promise.allSettled(this.inFlight.values());
  }

  private async force(owner: TokenOwner, { tokens, version }: StoredTokens): Promise<Refreshed> {
    // who writes this has the one attempt
    const first = await swapTokens(owner, version, { tokens, forcedAt: Date.now() });
    return this.refreshIfDue(owner, current => first && current.accessToken === tokens.accessToken);
  }

  private refreshOnce(owner: TokenOwner, start: () => Promise<Refreshed>): Promise<Refreshed> {
    const known = this.inFlight.get(owner.key);
    if (known) return known;
    const started = start();
    this.inFlight.set(owner.key, started);
    const forget = () => this.inFlight.delete(owner.key);
    started.then(({ kind }) => (kind === 'failed' ? setTimeout(forget, FAILURE_PAUSE).unref() : forget()), forget);
    return started;
  }

  /** Reads again before it acts: somebody may have refreshed since the caller looked. */
  private async refreshIfDue(owner: TokenOwner, due: (tokens: TokenSet) => boolean): Promise<Refreshed> {
    const stored = await readTokens(owner);
    if (!stored) return { kind: 'ended' };
    const { refreshToken } = stored.tokens;
    if (!due(stored.tokens) || refreshToken === undefined) return { kind: 'fresh', tokens: stored.tokens };
    return refresh(owner, stored, refreshToken, this.events);
  }
}

function mayForce({ tokens, forcedAt = 0 }: StoredTokens): boolean {
  return tokens.refreshToken !== undefined && Date.now() - Math.max(tokens.obtainedAt, forcedAt) >= FORCE_PAUSE;
}

function isAlive({ expiresAt }: TokenSet): boolean {
  return expiresAt === undefined || Date.now() < expiresAt;
}

function isDue({ obtainedAt, expiresAt }: TokenSet): boolean {
  return expiresAt !== undefined && Date.now() >= expiresAt - Math.min(AHEAD, (expiresAt - obtainedAt) / 5);
}
