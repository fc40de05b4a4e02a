import { parseArgs } from 'node:util';

export interface Settings {
  /** Row groups; none: all of them. */
  groups: string[];
  /** Parts of a group; none: all of them. */
  only: string[];
  /** Sessions in the large store. */
  sessions: number;
  /** Of everything that is timed. */
  rounds: number;
  /** What one timing takes, where it's a matter of time. */
  seconds?: number;
  /** A folder for the CPU profiles of the processes that are measured. */
  profile?: string;
  /** The figures go into RESULTS.md and README.md. */
  write: boolean;
}

/** Of what is done often; a small run does less of everything. */
export function atMost(count: number, { sessions }: Settings): number {
  return Math.min(count, sessions);
}

export function isWanted(part: string, { only }: Settings): boolean {
  return only.length === 0 || only.includes(part);
}

/** What a published figure is of, at least. */
const PUBLISHED = { sessions: 1_000_000, rounds: 5 };

/** Throws an Error in the user's words. */
export function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      sessions: { type: 'string', default: String(PUBLISHED.sessions) },
      rounds: { type: 'string', default: String(PUBLISHED.rounds) },
      seconds: { type: 'string' },
      profile: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const settings: Settings = {
    groups: positionals,
    only: values.only?.split(',') ?? [],
    sessions: wholeNumber('--sessions', values.sessions, 100),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    ...(values.seconds !== undefined && { seconds: positiveNumber('--seconds', values.seconds) }),
    ...(values.profile !== undefined && { profile: values.profile }),
    write: values.write,
  };
  if (settings.write) checkPublished(settings);
  return settings;
}

function checkPublished({ groups, only, sessions, rounds, seconds, profile }: Settings): void {
  const hasSessions = groups.length === 0 || groups.includes('sessions');
  if (only.length > 0 || seconds !== undefined || profile !== undefined)
    throw new Error('--write publishes: not with --only, --seconds or --profile');
  if (rounds < PUBLISHED.rounds || (hasSessions && sessions < PUBLISHED.sessions))
    throw new Error(
      `--write publishes: not with less than ${PUBLISHED.sessions} sessions and ${PUBLISHED.rounds} rounds`,
    );
}

function wholeNumber(name: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < least) throw new Error(`${name} is a whole number of at least ${least}`);
  return value;
}

function positiveNumber(name: string, given: string): number {
  const value = Number(given);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} is a number above 0`);
  return value;
}
