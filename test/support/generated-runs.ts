import * as fc from 'fast-check';
import type { Hop } from './http-browser.js';

/** Under way together, so that a push that is repeated after a pause keeps few others waiting. */
export const AT_ONCE = 200;
/** Repeat a failure with `SEED=… npm test`. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** For what is all there before the first request. */
export function generated<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed });
}

/** A test's name that says what to repeat it with. */
export const named = (title: string) => `${title} (SEED=${seed})`;

/** `runs` values in batches; those of one batch are under way together. */
export function inBatches<T>(
  runs: number,
  arbitrary: fc.Arbitrary<T>,
  check: (batch: T[]) => Promise<void>,
): Promise<void> {
  const batch = fc.array(arbitrary, { minLength: AT_ONCE, maxLength: AT_ONCE });
  return fc.assert(fc.asyncProperty(batch, check), { numRuns: runs / AT_ONCE, seed, endOnFailure: true });
}

/** A login that ended with a session sets its cookie. */
export const startsSession = ({ setCookie }: Hop) => setCookie.some(line => /^__Host-Http-session=[^;]/.test(line));
