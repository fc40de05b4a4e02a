import type { Session } from './session-record.js';

/** Milliseconds before a session's end in which it's said that it comes, or a fifth of the timeout where that is shorter. */
const WARNING = 60_000;
/** Milliseconds between two writes of the idle deadline, or a tenth of it where that is shorter. */
const SLIDE_EVERY = 60_000;

/** When a session ends if nobody does anything, and from when on that's worth a word. Milliseconds since the epoch. */
export function nearestDeadline({ frontend: { options }, idleExpiresAt, expiresAt }: Session) {
  const isIdle = idleExpiresAt < expiresAt;
  const timeout = (isIdle ? options.sessionIdleTimeout : options.sessionAbsoluteTimeout) * 1000;
  const at = isIdle ? idleExpiresAt : expiresAt;
  return {
    at,
    warnAt: at - Math.min(WARNING, timeout / 5),
    reason: isIdle ? ('idle' as const) : ('absolute' as const),
  };
}

export function isSlideDue({ frontend, lastSeenAt }: Session): boolean {
  const idle = frontend.options.sessionIdleTimeout * 1000;
  return Date.now() - lastSeenAt >= Math.min(SLIDE_EVERY, idle / 10);
}
