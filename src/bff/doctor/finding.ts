import { inspect } from 'node:util';

/** `unknown`: it couldn't be looked at. */
export type Verdict = 'ok' | 'warning' | 'failure' | 'unknown';

/** One line of the report. No secret and no token stands in it. */
export interface Finding {
  frontend: string;
  /** What was looked at, in the standards' words. */
  subject: string;
  /** What the authorization server offers. */
  offered: string;
  /** What Parlour will use. */
  used: string;
  verdict: Verdict;
  /** What would happen and what to change; absent when all is well. */
  why?: string;
}

export type Judgement = Pick<Finding, 'verdict' | 'why'>;

export const fine: Judgement = { verdict: 'ok' };

export function failure(why: string): Judgement {
  return { verdict: 'failure', why };
}

export function warning(why: string): Judgement {
  return { verdict: 'warning', why };
}

/** Characters of a value that somebody else wrote, without those that steer a terminal. */
const LONGEST = 200;

/** Not by JSON.stringify: that ends in an overflow of the stack where somebody has nested deep enough. */
function word(offered: unknown): string {
  return typeof offered === 'string' ? offered : inspect(offered, { depth: 1, breakLength: Infinity });
}

/** A value of the metadata in one line. */
export function shown(offered: unknown): string {
  if (offered === undefined) return 'not said';
  const text = Array.isArray(offered) ? offered.map(word).join(' ') : word(offered);
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST);
}
