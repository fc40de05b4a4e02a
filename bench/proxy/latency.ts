import { type Row, row } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { LoadGenerator } from '../stage/load.ts';
import { figure, median } from '../stage/statistics.ts';
import type { Proxy } from './contestants.ts';

const SECONDS = 3;
/** Milliseconds. */
const GOALS = { p50: 0.2, p99: 2 };

/** What `proxy` adds to `bare`, both at one fixed rate: half of what the slower one can do. */
export async function measureLatency(
  [bare, proxy]: [Proxy, Proxy],
  load: LoadGenerator,
  rate: number,
  { rounds, seconds = SECONDS }: Settings,
): Promise<Row[]> {
  const of = ({ port, requests }: Proxy) => load.openLoop({ port, requests, rate, milliseconds: seconds * 1000 });
  await of(bare);
  await of(proxy);
  const found: Record<'bare' | 'proxy', Awaited<ReturnType<typeof of>>>[] = [];
  while (found.length < rounds) found.push({ bare: await of(bare), proxy: await of(proxy) });
  const rows = (['p50', 'p99'] as const).map(what => {
    const added = median(found.map(round => round.proxy[what] - round.bare[what]));
    const name = `added latency at half load, ${what}, against the bare pass-through`;
    return row(name, `≤ ${GOALS[what]} ms`, figure(added, 'ms'), added <= GOALS[what]);
  });
  const both = (which: 'bare' | 'proxy') =>
    (['p50', 'p99'] as const).map(what => figure(median(found.map(round => round[which][what])), 'ms')).join(' / ');
  const name = `latency at ${rate.toFixed(0)} requests/s from when they were due, p50 / p99: pass-through, Parlour`;
  return [...rows, { figure: name, measured: `${both('bare')}, ${both('proxy')}` }];
}
