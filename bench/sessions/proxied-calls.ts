import { type Row, row } from '../report.ts';
import { atMost, type Settings } from '../settings.ts';
import { apiCall, Connection } from '../stage/connection.ts';
import { logIn, type Servers } from '../stage/deployments.ts';
import { figure, median, percentile } from '../stage/statistics.ts';

const CALLS = 2000;
/** Sessions that call in turn. */
const SESSIONS = 100;
const GOAL = 1.3;

/** Proxied GETs one after the other, of one process over Redis against one of the embedded storage, A B A B …. */
export async function measureProxiedCalls(embedded: Servers, redis: Servers, settings: Settings): Promise<Row[]> {
  const { rounds } = settings;
  const calls = atMost(CALLS, settings);
  const [a, b] = [await callerOf(embedded, calls), await callerOf(redis, calls)];
  await a.round();
  await b.round();
  const times: [number, number][] = [];
  for (let round = 0; round < rounds; round++) times.push([await a.round(), await b.round()]);
  a.close();
  b.close();
  const ratio = median(times.map(([inEmbedded, inRedis]) => inRedis / inEmbedded));
  const [inEmbedded, inRedis] = [median(times.map(([time]) => time)), median(times.map(([, time]) => time))];
  return [
    row('proxied GET over Redis against embedded, p50', `≤ ${GOAL}×`, `${ratio.toFixed(2)}×`, ratio <= GOAL),
    {
      figure: 'proxied GET, one at a time, p50: embedded, Redis',
      measured: `${figure(inEmbedded, 'ms')}, ${figure(inRedis, 'ms')}`,
    },
  ];
}

async function callerOf(servers: Servers, calls: number) {
  const requests: string[] = [];
  while (requests.length < SESSIONS) requests.push(apiCall((await logIn(servers)).cookie));
  const connection = await Connection.open(servers.instances[0]?.port ?? 0);
  const round = async () => {
    const times: number[] = [];
    for (let call = 0; call < calls; call++) {
      const began = performance.now();
      const status = await connection.send(requests[call % SESSIONS] ?? '');
      times.push(performance.now() - began);
      if (status !== 200) throw new Error(`a proxied call was answered ${status}`);
    }
    return percentile(times, 0.5);
  };
  return { round, close: () => connection.close() };
}
