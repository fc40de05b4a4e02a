import { Inject, Injectable } from '@nestjs/common';
import { Events } from '../events.js';
import type { Frontend } from '../frontend.js';
import { revokeTokens } from '../tokens/revocation.js';
import type { SessionTokens, TokenOwner } from '../tokens/token-store.js';
import { inTurns } from './in-turns.js';
import { indexKeys, sessionHandle, type SessionRecord } from './session-record.js';
import { Sessions } from './session.js';
import { leaveTombstone, type LoggedOut } from './tombstone.js';

/** Sessions that end at the same time: a subject may have many, and the server waits for them all. */
const AT_ONCE = 50;

/** The sessions that a logout token names (OpenID Connect Back-Channel Logout 1.0 §2.7). */
@Injectable()
export class LoggedOutSessions {
  /** Of each frontend, one after the other: a subject may have many. */
  private readonly revocations = new Map<string, Promise<void>>();

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Events) private readonly events: Events,
  ) {}

  /**
   * Ends them, and says how many there were. The tombstone comes first, the index after it: a login that is just finishing stands in the index by then, or
   * finds the tombstone (L11).
   */
  async end(frontend: Frontend, logout: LoggedOut): Promise<number> {
    await leaveTombstone(frontend, logout);
    const keys = await namedSessions(frontend, logout);
    const ended = await inTurns(keys, AT_ONCE, key => this.endOne(frontend, key, logout));
    return ended.filter(Boolean).length;
  }

  /** Resolves when all that they held is revoked. */
  async settled(): Promise<void> {
    await Promise.all(this.revocations.values());
  }

  /** Also one whose records were sealed under a key that this process doesn't have: what they say isn't needed to take them away. */
  private async endOne(frontend: Frontend, key: string, { sid, subject }: LoggedOut): Promise<boolean> {
    const record = await frontend.records.get<SessionRecord>(`${key}:session`);
    const known = record ? { sid: record.value.sid, subject: record.value.subject } : { sid, subject };
    const session = { frontend, key, handle: sessionHandle(frontend, key), ...known, absoluteExpiresAt: Date.now() };
    const tokens = await this.sessions.end(session, 'backchannel_logout');
    if (tokens) this.revokeLater(session, tokens);
    return tokens !== undefined;
  }

  /**
   * Not before the answer: the server waits for that, and so may the person who logs out there. The refresh token too, and with `offline_access` as well
   * (§2.7 would keep such a one): it belonged to this session alone, and nobody can use it any more.
   */
  private revokeLater(session: TokenOwner, tokens: SessionTokens): void {
    const { name } = session.frontend;
    const earlier = this.revocations.get(name) ?? Promise.resolve();
    this.revocations.set(
      name,
      earlier.then(() => revokeTokens(session, tokens, this.events)),
    );
  }
}

async function namedSessions(frontend: Frontend, { sid, subject }: LoggedOut): Promise<string[]> {
  const ofSubject = subject === undefined ? undefined : await membersOf(frontend, indexKeys(frontend, { subject }));
  if (sid === undefined) return [...(ofSubject ?? [])];
  const ofSid = await membersOf(frontend, indexKeys(frontend, { sid }));
  return [...ofSid].filter(key => ofSubject?.has(key) ?? true);
}

async function membersOf({ records }: Frontend, sets: string[]): Promise<Set<string>> {
  return new Set((await Promise.all(sets.map(set => records.storage.membersOfSet(set)))).flat());
}
