import { type Row, row } from '../report.ts';
import { atMost, type Settings } from '../settings.ts';
import { FIXTURE } from '../stage/fixture.ts';
import { figure, median } from '../stage/statistics.ts';
import type { Store } from './store.ts';

const FEW = 10_000;
/** Sessions that are read in a round, at random. */
const READS = 10_000;
const GOALS = {
  /** p99 with many against p99 with few. */
  read: 2,
  /** MiB. */
  memory: 64,
  /** Milliseconds. */
  start: 1000,
  bytes: { embedded: 5000, Redis: 4000 },
};

type Read = Awaited<ReturnType<Store['server']['read']>>;

/** A store with few sessions, and one that grows from as many to a hundred times that. */
export async function measureManySessions(
  backend: 'embedded' | 'Redis',
  open: () => Promise<Store>,
  settings: Settings,
): Promise<Row[]> {
  const { sessions: many, rounds } = settings;
  const count = atMost(READS, settings);
  const few = Math.min(FEW, Math.floor(many / 10));
  const [small, large] = [await open(), await open()];
  await small.server.logIn({ from: 0, to: few });
  const grown = await grow(large, few, many, count);
  const reads: { few: Read; many: Read }[] = [];
  while (reads.length < rounds) {
    const inSmall = await small.server.read({ below: few, count });
    reads.push({ few: inSmall, many: await large.server.read({ below: many, count }) });
  }
  const starts: number[] = [];
  while (large.startAnother && starts.length < rounds) starts.push(await large.startAnother());
  await small.close();
  await large.close();
  const where = `${many.toLocaleString('en')} sessions, ${backend}`;
  return [
    ...readRows(where, few, reads),
    ...growthRows(where, few, grown, GOALS.bytes[backend]),
    ...(large.startAnother ? [startRow(where, median(starts))] : []),
  ];
}

interface Growth {
  /** MiB of RssAnon, with few and with many; each after a round of reads, so that what is kept is there. */
  memory: [number, number];
  bytesEach: number;
  loginsPerSecond: number;
}

async function grow({ server, bytes }: Store, few: number, many: number, count: number): Promise<Growth> {
  const memory = async (below: number) => {
    await server.read({ below, count });
    return server.memory();
  };
  const empty = await bytes();
  await server.logIn({ from: 0, to: few });
  const before = await memory(few);
  const seconds = await server.logIn({ from: few, to: many });
  const bytesEach = ((await bytes()) - empty) / many;
  return { memory: [before, await memory(many)], bytesEach, loginsPerSecond: (many - few) / seconds };
}

function readRows(where: string, few: number, reads: { few: Read; many: Read }[]): Row[] {
  const ratio = median(reads.map(read => read.many.p99 / read.few.p99));
  const times = (which: 'few' | 'many') =>
    (['p50', 'p99'] as const).map(what => figure(median(reads.map(read => read[which][what])), 'µs')).join(' / ');
  const compared = `that of ${few.toLocaleString('en')}`;
  return [
    row(`${where}: p99 of a read against ${compared}`, `≤ ${GOALS.read}×`, `${ratio.toFixed(2)}×`, ratio <= GOALS.read),
    { figure: `${where}: p50 / p99 of a read, and ${compared}`, measured: `${times('many')}, ${times('few')}` },
  ];
}

function growthRows(where: string, few: number, { memory, bytesEach, loginsPerSecond }: Growth, most: number): Row[] {
  const [before, after] = memory;
  const growth = after - before;
  const from = `RssAnon's growth from ${few.toLocaleString('en')} on`;
  const place = where.endsWith('Redis') ? 'used_memory a session' : 'on disk a session';
  return [
    row(`${where}: ${from}`, `≤ ${GOALS.memory} MiB`, figure(growth, 'MiB'), growth <= GOALS.memory),
    row(`${where}: ${place} (${FIXTURE})`, `≤ ${most / 1000} kB`, figure(bytesEach / 1000, 'kB'), bytesEach <= most),
    { figure: `${where}: logins a second while it grew`, measured: loginsPerSecond.toFixed(0) },
  ];
}

function startRow(where: string, time: number): Row {
  return row(`${where}: start-up`, `≤ ${GOALS.start / 1000} s`, figure(time / 1000, 's'), time <= GOALS.start);
}
