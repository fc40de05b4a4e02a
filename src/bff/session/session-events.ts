import { nearestDeadline } from './deadlines.js';
import type { EventStream } from './event-stream.js';
import type { Session } from './session-record.js';
import { isoTime, sessionView } from './session-view.js';
import type { SessionEnd, SessionObserver } from './session-watch.js';

/** Ends of which a client is told nothing: this browser has another session by now, or has been told by its login. It comes back with its new cookie. */
const UNTOLD: readonly (SessionEnd | undefined)[] = ['replaced', 'different_user', undefined];

export function isTold(reason: SessionEnd | undefined): boolean {
  return !UNTOLD.includes(reason);
}

/** What a stream says of one session. */
export class SessionEvents implements SessionObserver {
  /** The deadline of which the client has been warned. */
  private warnedOf: number | undefined;

  /** @param refreshedAt of the tokens that the client knows of, in milliseconds since the epoch */
  constructor(
    private readonly stream: EventStream,
    private refreshedAt: number,
  ) {}

  lives(session: Session): void {
    const { at, warnAt } = nearestDeadline(session);
    const hasSlid = this.warnedOf !== undefined && at > this.warnedOf;
    const isNew = hasSlid || session.refreshedAt > this.refreshedAt;
    const isNear = Date.now() >= warnAt && this.warnedOf !== at;
    if (isNew) this.refreshed(session);
    if (isNear) this.expiring(at);
    // every look ends up in a sign of life
    if (!isNew && !isNear) this.stream.beat();
  }

  ended(reason: SessionEnd | undefined): void {
    if (isTold(reason)) this.stream.send('ended', { reason });
    this.stream.end();
  }

  private refreshed(session: Session): void {
    this.warnedOf = undefined;
    this.refreshedAt = session.refreshedAt;
    this.stream.send('refreshed', { session: sessionView(session) });
  }

  private expiring(at: number): void {
    this.warnedOf = at;
    const secondsLeft = Math.max(0, Math.ceil((at - Date.now()) / 1000));
    this.stream.send('expiring', { secondsLeft, expiresAt: isoTime(at) });
  }
}
