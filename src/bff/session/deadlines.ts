import type { Session } from './session-record.js';

/** Milliseconds before a session's end in which it's said that it comes, or a fifth of the timeout where that is shorter. */
const WARNING = 60_000;

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
