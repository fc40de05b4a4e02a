import type { Settings } from '../settings.ts';
import { cpuTime } from '../stage/cpu.ts';
import type { LoadGenerator } from '../stage/load.ts';
import type { Contestant } from './contestants.ts';

export interface Throughput {
  /** Requests a second. */
  rate: number;
  /** Microseconds of a processor for each request, of the proxy's processes alone. */
  cpu: number;
}

const SECONDS = 3;

/** As many as it takes, in turn: of each round one value for each contestant. */
export async function measureThroughput(
  contestants: Contestant[],
  load: LoadGenerator,
  { rounds, seconds = SECONDS }: Settings,
): Promise<Map<string, Throughput[]>> {
  const milliseconds = seconds * 1000;
  const found = new Map(contestants.map(({ name }) => [name, [] as Throughput[]]));
  for (const { port, requests } of contestants) await load.closedLoop({ port, requests, milliseconds });
  for (let round = 0; round < rounds; round++) {
    for (const { name, port, pid, requests } of contestants) {
      const before = cpuTime(pid);
      const { answers, seconds: took } = await load.closedLoop({ port, requests, milliseconds });
      found.get(name)?.push({ rate: answers / took, cpu: (cpuTime(pid) - before) / answers });
    }
  }
  return found;
}
