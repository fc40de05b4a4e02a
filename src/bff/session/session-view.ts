import type { Session } from './session-record.js';

/** What the SPA is told of its session's time. */
export function sessionView({ expiresAt, idleExpiresAt, refreshable }: Session) {
  return {
    expiresAt: isoTime(expiresAt),
    idleExpiresAt: isoTime(Math.min(idleExpiresAt, expiresAt)),
    refreshable,
  };
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
