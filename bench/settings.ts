import { parseArgs } from 'node:util';

export interface Settings {
  /** Row groups; none: all of them. */
  groups: string[];
  /** Sessions in the large store. */
  sessions: number;
  /** Of everything that is timed. */
  rounds: number;
  /** The figures go into RESULTS.md and README.md. */
  write: boolean;
}

/** Of what is done often; a small run does less of everything. */
export function atMost(count: number, { sessions }: Settings): number {
  return Math.min(count, sessions);
}

/** What a published figure is of, at least. */
const PUBLISHED = { sessions: 1_000_000, rounds: 5 };

/** Throws an Error in the user's words. */
export function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      sessions: { type: 'string', default: String(PUBLISHED.sessions) },
      rounds: { type: 'string', default: String(PUBLISHED.rounds) },
      write: { type: 'boolean', default: false },
    },
  });
  const sessions = wholeNumber('--sessions', values.sessions, 100);
  const rounds = wholeNumber('--rounds', values.rounds, 1);
  if (values.write && (sessions < PUBLISHED.sessions || rounds < PUBLISHED.rounds))
    throw new Error(
      `--write publishes: not with less than ${PUBLISHED.sessions} sessions and ${PUBLISHED.rounds} rounds`,
    );
  return { groups: positionals, sessions, rounds, write: values.write };
}

function wholeNumber(name: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < least) throw new Error(`${name} is a whole number of at least ${least}`);
  return value;
}
