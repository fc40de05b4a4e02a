import { breakOff } from '../break-off.js';
import { BffError } from '../errors.js';
import type { Session } from '../session/session-record.js';
import type { SessionEnd as SessionEndReason, SessionWatch } from '../session/session-watch.js';
import { SessionOver } from './api-failure.js';
import type { ApiCall } from './forward.js';

/** Milliseconds of a call after which its session is watched: a short one pays nothing for it. */
const WATCHED_AFTER = 500;

/** Ends a call with its session: what is still under way then, from the first byte of an upload to the last of an answer, is broken off within a second (L10). */
export class SessionEnd {
  private isOver = false;
  private leave: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly call: ApiCall & { session: Session },
    private readonly sessions: SessionWatch,
  ) {
    this.watchLater();
  }

  /** The call has ended by itself, or somebody else watches. */
  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.leave?.();
  }

  private watchLater(): void {
    this.timer = setTimeout(() => void this.watch(), WATCHED_AFTER);
  }

  private async watch(): Promise<void> {
    try {
      const ended = (reason: SessionEndReason | undefined): void => this.ended(reason);
      this.leave = await this.sessions.watch(this.call.session, { lives: () => {}, ended });
      if (this.isOver) this.leave();
    } catch {
      // nobody can say whether the session lives
      this.ended(undefined);
    }
  }

  /** `reason`: `undefined` when nobody can tell. Then nothing more of an answer passes, but what has none yet may wait until somebody can (R5). */
  private ended(reason: SessionEndReason | undefined): void {
    const { abort, response } = this.call;
    if (this.isOver) return;
    if (response.headersSent) {
      abort.abort(new SessionOver());
      // the API may be through, and the browser slow to read
      breakOff(response);
    } else if (reason === undefined) this.watchLater();
    else abort.abort(new BffError('session_ended'));
  }
}
