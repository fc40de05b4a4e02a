import { Inject, Injectable } from '@nestjs/common';
import type { EndReason } from '../events.js';
import type { Subscription } from '../storage/storage.js';
import { listen } from '../tokens/session-notices.js';
import { nearestDeadline } from './deadlines.js';
import { readObituary } from './obituary.js';
import type { Session } from './session-record.js';
import { Sessions } from './session.js';

/** Milliseconds between two looks at the records although nothing was heard: a notice may be lost. A stream's heart-beat, too. */
const LOOK_EVERY = 15_000;
/** Milliseconds: a deadline has passed by our clock and not yet by the storage's; or the end is being written and its reason not yet there. */
const LOOK_AGAIN = 250;
/** Milliseconds by which the clocks of two instances may differ. */
const SKEW = 2000;

/** Why a session is over, for whoever watches it. */
export type SessionEnd = EndReason | 'idle' | 'absolute';

export interface SessionObserver {
  /** The session as its records are now: said at first, after each notice, near and at its deadlines, and every 15 seconds. */
  lives(session: Session): void;
  /** Said once, and then nothing more. `undefined`: it's over and nobody knows why, or nobody can tell whether it lives. */
  ended(reason: SessionEnd | undefined): void;
}

/** Tells within a second when a session ends, in whatever process and by whatever reason (L10): one subscription and one timer for each that is watched. */
@Injectable()
export class SessionWatch {
  private readonly watched = new Map<string, WatchedSession>();

  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  /** Until what is returned is called. Nothing slides here. Rejects with StorageUnavailable. */
  watch(session: Session, observer: SessionObserver): Promise<() => void> {
    const known = this.watched.get(session.key);
    const watched = known ?? new WatchedSession(session, this.sessions, () => this.watched.delete(session.key));
    if (!known) this.watched.set(session.key, watched);
    return watched.join(observer);
  }
}

class WatchedSession {
  private readonly observers = new Set<SessionObserver>();
  private readonly subscription: Promise<Subscription>;
  private timer: NodeJS.Timeout | undefined;
  private looking = Promise.resolve();
  /** A look that hasn't begun: it answers for everybody who wants one meanwhile. */
  private next: Promise<void> | undefined;
  private isMissing = false;

  constructor(
    private session: Session,
    private readonly sessions: Sessions,
    private readonly forget: () => void,
  ) {
    this.subscription = listen(session, () => void this.look());
  }

  /** Looks after it has subscribed: an end in between would have been heard by nobody. */
  async join(observer: SessionObserver): Promise<() => void> {
    const leave = () => this.leave(observer);
    this.observers.add(observer);
    try {
      await this.subscription;
    } catch (error) {
      leave();
      throw error;
    }
    await this.look();
    return leave;
  }

  private leave(observer: SessionObserver): void {
    if (this.observers.delete(observer) && this.observers.size === 0) this.stop();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.forget();
    this.subscription.then(
      subscription => subscription.close(),
      () => {},
    );
  }

  /** A look that begins now or later, and never fails. */
  private look(): Promise<void> {
    if (this.next) return this.next;
    this.next = this.looking.then(() => {
      this.next = undefined;
      return this.observers.size === 0 ? undefined : this.lookAtRecords();
    });
    this.looking = this.next;
    return this.next;
  }

  private async lookAtRecords(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const session = await this.sessions.read(this.session.frontend, this.session.key);
      if (session) this.goesOn(session);
      else this.missing(await this.reason());
    } catch {
      // whose session can't be looked at may have none
      this.end(undefined);
    }
  }

  private goesOn(session: Session): void {
    this.session = session;
    this.isMissing = false;
    this.lookIn(untilNextLook(session));
    for (const observer of this.observers) observer.lives(session);
  }

  private missing(reason: SessionEnd | undefined): void {
    if (reason !== undefined || this.isMissing) return this.end(reason);
    this.isMissing = true;
    this.lookIn(LOOK_AGAIN);
  }

  private async reason(): Promise<SessionEnd | undefined> {
    const told = await readObituary(this.session);
    const { at, reason } = nearestDeadline(this.session);
    return told ?? (at - SKEW <= Date.now() ? reason : undefined);
  }

  private end(reason: SessionEnd | undefined): void {
    const observers = [...this.observers];
    this.observers.clear();
    if (observers.length > 0) this.stop();
    for (const observer of observers) observer.ended(reason);
  }

  private lookIn(milliseconds: number): void {
    if (this.observers.size === 0) return;
    this.timer = setTimeout(() => void this.look(), milliseconds).unref();
  }
}

function untilNextLook(session: Session): number {
  const now = Date.now();
  const { at, warnAt } = nearestDeadline(session);
  const next = [warnAt, at].find(moment => moment > now) ?? now + LOOK_AGAIN;
  return Math.min(LOOK_EVERY, next - now);
}
