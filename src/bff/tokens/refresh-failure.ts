import type { FailedAttempt, RefreshMark } from './token-store.js';

/** Milliseconds for which a failed refresh answers for the calls that follow, so that they don't storm a server in trouble. */
const FAILURE_PAUSE = 1000;

/** What the mark tells of attempts that have failed, the last one first. */
export function failuresOf(mark: RefreshMark | undefined): FailedAttempt[] {
  if (!mark) return [];
  const { id, of, failed, earlier = [] } = mark;
  return failed ? [{ id, ...(of !== undefined && { of }), failed }, ...earlier] : earlier;
}

export function hasJustFailed({ failed }: FailedAttempt): boolean {
  return Math.abs(Date.now() - failed.at) < FAILURE_PAUSE;
}

/** A refusal is of the one token; a server in trouble is that for all. */
export function concerns(attempt: FailedAttempt, of: string | undefined): boolean {
  return attempt.of === of || attempt.failed.outcome === 'unavailable';
}
