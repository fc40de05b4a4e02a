import { setTimeout as delay } from 'node:timers/promises';
import { type AuthorizationServerFailure, failureOf } from './failure.js';

/** Milliseconds to wait before the second attempt and the third, and up to as many again at random: instances that failed together don't come back together. */
const BACK_OFF = [100, 200];

/** A gateway that found nobody behind it. A server that says itself that it's in trouble (500, 503, 429) isn't asked again: that's for the person to do. */
const GATEWAY = new Set([502, 504]);

/**
 * Makes a call that may be repeated without harm up to three times, where it met nobody: the connection was refused or broke off. `signal` ends the
 * last attempt when the time for all of them is over. Rejects with the last {@link AuthorizationServerFailure}.
 */
export async function repeated<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ result: T; attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    try {
      return { result: await call(), attempts };
    } catch (error) {
      const failure = failureOf(error);
      const pause = BACK_OFF[attempts - 1];
      if (pause === undefined || !metNobody(failure) || signal.aborted) throw failure;
      await delay(pause + Math.random() * pause, undefined, { signal }).catch(() => Promise.reject(failure));
    }
  }
}

function metNobody({ outcome, status, retryAfter }: AuthorizationServerFailure): boolean {
  return outcome === 'unavailable' && retryAfter === undefined && (status === undefined || GATEWAY.has(status));
}
