import { Inject, Injectable } from '@nestjs/common';
import { Events } from '../events.js';
import { revokeTokens } from '../tokens/revocation.js';
import { inTurns } from './in-turns.js';
import { hasHandle, indexKeys, type Session } from './session-record.js';
import { Sessions } from './session.js';

/** A user has a few; whoever has more is shown the newest. */
const LONGEST_LIST = 100;
/** Sessions that are read, ended or revoked at the same time. */
const AT_ONCE = 20;

/** The sessions of whoever is logged in, at this frontend and issuer, and of nobody else. */
@Injectable()
export class UserSessions {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Events) private readonly events: Events,
  ) {}

  /** The newest first. */
  async list(current: Session): Promise<Session[]> {
    const living = await this.living(current);
    return living.toSorted((one, other) => other.startedAt - one.startedAt).slice(0, LONGEST_LIST);
  }

  /** `undefined`: there's none, or it's another user's. */
  async find(current: Session, handle: string): Promise<Session | undefined> {
    const living = await this.living(current);
    return living.find(({ frontend, key }) => hasHandle(frontend, key, handle));
  }

  /** Says how many there were. All have ended before the first token is revoked: a server that is slow to do it keeps none alive. */
  async endOthers(current: Session): Promise<number> {
    const others = (await this.living(current)).filter(({ key }) => key !== current.key);
    const held = await inTurns(others, AT_ONCE, async session => ({
      session,
      tokens: await this.sessions.end(session, 'revoked'),
    }));
    const ended = held.flatMap(({ session, tokens }) => (tokens ? [{ session, tokens }] : []));
    await inTurns(ended, AT_ONCE, ({ session, tokens }) => revokeTokens(session, tokens, this.events));
    return ended.length;
  }

  private async living(current: Session): Promise<Session[]> {
    const { frontend, subject } = current;
    const sets = indexKeys(frontend, { subject });
    const members = await Promise.all(sets.map(set => frontend.records.storage.membersOfSet(set)));
    const sessions = await inTurns([...new Set(members.flat())], AT_ONCE, key => this.read(current, key));
    return sessions.flatMap(session => (session?.subject === subject ? [session] : []));
  }

  private async read(current: Session, key: string): Promise<Session | undefined> {
    const session = await this.sessions.read(current.frontend, key);
    if (!session) await this.forget(current, key);
    return session;
  }

  /**
   * Only where the idle deadline's record is gone: a session that is just starting has that one and not yet its own, and one whose records this process
   * can't open has both.
   */
  private async forget({ frontend, subject }: Session, key: string): Promise<void> {
    const { storage } = frontend.records;
    if (await storage.get(`${key}:seen`)) return;
    for (const set of indexKeys(frontend, { subject })) await storage.removeFromSet(set, key);
  }
}
