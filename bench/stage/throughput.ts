import { type Row, row } from '../report.ts';
import { cpuTime } from './cpu.ts';
import { median } from './statistics.ts';

/** Something that can be kept busy. */
export interface Contestant {
  name: string;
  pid: number;
  /** What has to be there before the next round, and isn't measured. */
  prepare?: (milliseconds: number) => Promise<void>;
  /** Keeps it busy for about as long. */
  run: (milliseconds: number) => Promise<{ answers: number; seconds: number }>;
}

export interface Throughput {
  /** Requests a second. */
  rate: number;
  /** Microseconds of a processor for each request, of the contestant's processes alone. */
  cpu: number;
}

export type Found = Map<string, Throughput[]>;

const SECONDS = 3;

/** All in turn: of each round one value for each contestant. */
export async function measureThroughput(
  contestants: Contestant[],
  { rounds, seconds = SECONDS }: { rounds: number; seconds?: number },
): Promise<Found> {
  const milliseconds = seconds * 1000;
  const found: Found = new Map(contestants.map(({ name }) => [name, []]));
  for (const contestant of contestants) await throughputOf(contestant, milliseconds);
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants)
      found.get(contestant.name)?.push(await throughputOf(contestant, milliseconds));
  return found;
}

async function throughputOf({ pid, prepare, run }: Contestant, milliseconds: number): Promise<Throughput> {
  await prepare?.(milliseconds);
  const before = cpuTime(pid);
  const { answers, seconds } = await run(milliseconds);
  return { rate: answers / seconds, cpu: (cpuTime(pid) - before) / answers };
}

/** What is done, and what for: `goal` of what the other does, in the same time and with the same processor time. Ratios are taken in each round. */
export function comparison(found: Found, [ours, theirs]: [string, string], what: string, goal: number): Row[] {
  const rounds = (found.get(ours) ?? []).map((mine, round) => ({ mine, other: found.get(theirs)?.[round] ?? mine }));
  const faster = median(rounds.map(({ mine, other }) => mine.rate / other.rate));
  const cheaper = median(rounds.map(({ mine, other }) => other.cpu / mine.cpu));
  return [
    row(`${what}: requests/s`, `≥ ${goal}`, faster.toFixed(2), faster >= goal),
    row(`${what}: work for the same CPU time`, `≥ ${goal}`, cheaper.toFixed(2), cheaper >= goal),
  ];
}

/** What belongs to this machine. */
export function absolutes(found: Found, what = ''): Row[] {
  return [...found.keys()].map(name => {
    const [rate, cpu] = [medianOf(found, name, 'rate'), medianOf(found, name, 'cpu')];
    return {
      figure: `${what}${name}: requests/s, CPU a request`,
      measured: `${rate.toFixed(0)}, ${cpu.toFixed(0)} µs`,
    };
  });
}

export function medianOf(found: Found, name: string, what: keyof Throughput): number {
  return median((found.get(name) ?? []).map(value => value[what]));
}
