import { Inject, Injectable } from '@nestjs/common';
import { problemOf } from '../authorization-server-problem.js';
import { BffError } from '../errors.js';
import { type EndReason, Events } from '../events.js';
import type { Frontend } from '../frontend.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { SealedRecord } from '../storage/sealed-records.js';
import { AccessTokens } from '../tokens/access-token.js';
import { revokeTokens } from '../tokens/revocation.js';
import { announce } from '../tokens/session-notices.js';
import type { RouteToken } from '../tokens/route-token.js';
import {
  createTokens,
  recordKey,
  type SessionTokens,
  type StoredTokens,
  type Taken,
  takeTokens,
  tokensIn,
  type TokenOwner,
  type TokenRecord,
} from '../tokens/token-store.js';
import { isSlideDue, nearestDeadline } from './deadlines.js';
import { writeObituary } from './obituary.js';
import { indexKeys, type Session, sessionKey, sessionOfRecords, type SessionRecord } from './session-record.js';
import { isLoggedOut, LoggedOutMeanwhile } from './tombstone.js';

/** Milliseconds: an ended session may be served for a hundred (R13). */
const JUST_NOW = 10;

/** What has to be known of a session to end it. */
type Ending = TokenOwner & { [Known in 'subject' | 'sid']?: Session[Known] | undefined };

/** Sessions from login to end. A session lives while all three of its records do: the session's, the tokens' and the idle deadline's. */
@Injectable()
export class Sessions {
  /** By the opened record of each, which counts for one version of it. */
  private readonly known = new WeakMap<SessionRecord, Session>();
  /** What was read with each; no part of it, since a host may log that. */
  private readonly storedTokens = new WeakMap<Session, StoredTokens>();
  /** When the storage was last asked and said that each is so, by the monotonic clock. */
  private readonly askedAt = new WeakMap<Session, number>();

  constructor(
    @Inject(Events) private readonly events: Events,
    @Inject(AccessTokens) private readonly accessTokens: AccessTokens,
  ) {}

  /**
   * The session record comes last: before it, there's no session. `issuedAt`: the ID token's, in seconds since the epoch. Throws {@link LoggedOutMeanwhile}
   * when the authorization server has ended the login already (L11).
   */
  async start(
    frontend: Frontend,
    sessionId: string,
    tokens: TokenSet,
    login: Omit<SessionRecord, 'startedAt' | 'expiresAt'>,
    issuedAt: number,
  ): Promise<Session> {
    const { records, options } = frontend;
    const now = Date.now();
    const key = sessionKey(frontend, frontend.keys.mac('storage key', sessionId));
    const record: SessionRecord = { ...login, startedAt: now, expiresAt: now + options.sessionAbsoluteTimeout * 1000 };
    const session = sessionOfRecords(frontend, key, record, tokens, { value: now, version: '' });
    // at once, for the disk's sake
    await Promise.all([
      createTokens(session, tokens),
      records.put(`${key}:seen`, now, options.sessionIdleTimeout * 1000),
      ...indexKeys(frontend, login).map(index => records.storage.addToSet(index, key, record.expiresAt - now)),
    ]);
    await records.put(`${key}:session`, record, record.expiresAt - now);
    // only now: a logout that has left no tombstone yet finds the session in the index
    if (await isLoggedOut(frontend, login, issuedAt)) {
      await records.delete(`${key}:session`);
      await clear(session);
      throw new LoggedOutMeanwhile();
    }
    this.events.record({ event: 'login_completed', frontend: frontend.name, session: session.handle });
    this.events.login(frontend.name, 'completed');
    return session;
  }

  /** By the cookie's id; after a key rotation the records still stand under an older key (R8). */
  async find(frontend: Frontend, sessionId: string): Promise<Session | undefined> {
    for (const mac of frontend.keys.macs('storage key', sessionId)) {
      const session = await this.read(frontend, sessionKey(frontend, mac));
      if (session) return session;
    }
    return undefined;
  }

  async read(frontend: Frontend, key: string): Promise<Session | undefined> {
    const askedAt = performance.now();
    const keys = [`${key}:session`, `${key}:seen`, recordKey({ key })] as const;
    const [record, seen, tokens] = await frontend.records.getAll<[SessionRecord, number, TokenRecord | Taken]>(keys);
    if (!record || !seen || !tokens || record.value.expiresAt <= Date.now()) return undefined;
    const known = this.known.get(record.value);
    const isSame = known?.seenVersion === seen.version && this.storedTokens.get(known)?.version === tokens.version;
    const session = isSame ? known : this.opened({ frontend, key }, record.value, seen, tokensIn(tokens));
    if (session) this.askedAt.set(session, askedAt);
    return session;
  }

  /** As it is until one of its records changes: so nobody may change it. */
  private opened(
    { frontend, key }: Pick<Session, 'frontend' | 'key'>,
    record: SessionRecord,
    seen: SealedRecord<number>,
    stored: StoredTokens | undefined,
  ): Session | undefined {
    if (!stored) return undefined;
    const session = Object.freeze(sessionOfRecords(frontend, key, record, stored.tokens, seen));
    this.known.set(record, session);
    this.storedTokens.set(session, stored);
    return session;
  }

  /**
   * Moves the idle deadline, with at most a write a minute: of all requests that are about to, at whatever instance, one does. A session that ends meanwhile
   * isn’t begun anew by it.
   */
  async slide(session: Session): Promise<void> {
    if (!isSlideDue(session)) return;
    const { frontend, key, seenVersion } = session;
    const idle = frontend.options.sessionIdleTimeout * 1000;
    const now = Date.now();
    const hasSlid = await frontend.records.compareAndSwap(`${key}:seen`, seenVersion, now, idle);
    // whoever was told that it expires is told that it doesn't
    if (hasSlid && now >= nearestDeadline(session).warnAt) await announce(session, { type: 'slid' });
  }

  /** Ends it for every request that comes after; gives back the tokens, for the caller to revoke. Ending twice is the same as once. */
  async end(session: Ending, reason: EndReason): Promise<SessionTokens | undefined> {
    const { frontend, key, handle } = session;
    const wasAlive = await frontend.records.delete(`${key}:session`);
    if (wasAlive) await writeObituary(session, reason);
    const tokens = await clear(session);
    if (!wasAlive) return tokens;
    this.events.record({ event: 'session_ended', frontend: frontend.name, session: handle, reason });
    await announce(session, { type: 'ended', reason });
    return tokens;
  }

  /** Ends it and revokes its tokens (RFC 7009), in that order. */
  async endAndRevoke(session: Session, reason: EndReason): Promise<SessionTokens | undefined> {
    const tokens = await this.end(session, reason);
    if (tokens) await revokeTokens(session, tokens, this.events);
    return tokens;
  }

  /**
   * Tokens of which the access token is valid, the session's own or another that a route wants; throws `token_expired`, `session_ended` or
   * `authorization_server_unavailable`, for a route's also the other codes of the authorization server's. What was read with the session will
   * do only for a moment: since then a host's guard may have taken its time, or the idle deadline's write, and the session may have ended (R13).
   */
  async tokens(session: Session, wanted?: RouteToken): Promise<TokenSet> {
    const isFresh = performance.now() - (this.askedAt.get(session) ?? 0) <= JUST_NOW;
    const stored = isFresh ? this.storedTokens.get(session) : undefined;
    const token = await this.accessTokens.of(session, wanted, stored);
    switch (token.kind) {
      case 'fresh':
      case 'keep':
        return token.tokens;
      case 'expired':
        throw new BffError('token_expired');
      case 'unavailable':
        throw problemOf({ ...token, outcome: token.outcome ?? 'unavailable', message: 'no access token is to be had' });
      case 'ended':
        return this.refreshRejected(session);
    }
  }

  /** An API answered 401 to this token: others, or `undefined` (R12). Throws `session_ended`. */
  async tokenRejected(session: Session, { accessToken }: TokenSet, wanted?: RouteToken): Promise<TokenSet | undefined> {
    const refreshed = await this.accessTokens.replaceRejected(session, accessToken, wanted);
    if (refreshed.kind === 'ended') return this.refreshRejected(session);
    const other = refreshed.kind === 'fresh' && refreshed.tokens.accessToken !== accessToken;
    return other ? refreshed.tokens : undefined;
  }

  /** A dead refresh token ends the session (B18); its access tokens may live on at the server (L3). */
  private async refreshRejected(session: Session): Promise<never> {
    await this.endAndRevoke(session, 'refresh_token_rejected');
    throw new BffError('session_ended');
  }
}

/** What is left of a session without its record. Gives back its tokens. */
async function clear(session: Ending): Promise<SessionTokens | undefined> {
  const { frontend, key } = session;
  const tokens = await takeTokens(session);
  // tokens that don't open here are left by that
  for (const kind of ['tokens', 'seen', 'data']) await frontend.records.delete(`${key}:${kind}`);
  for (const index of indexKeys(frontend, session)) await frontend.records.storage.removeFromSet(index, key);
  return tokens;
}
