import { type Row, row } from '../report.ts';
import { atMost, type Settings } from '../settings.ts';
import { type AuthorizationServer, TOKEN_CALL } from '../stage/authorization-server.ts';
import { apiCall, Connection } from '../stage/connection.ts';
import { logIn, type Servers } from '../stage/deployments.ts';
import { figure, median, percentile } from '../stage/statistics.ts';

const CALLS = 250;
/** Milliseconds beyond the token call's own. */
const GOAL = 100;

interface Storm {
  p99: number;
  tokenCalls: number[];
}

/** Everybody asks at once on one session whose access token has expired; beside it the same on one whose token lives. */
export async function measureRefreshStorm(
  all: Servers[],
  authorizationServer: AuthorizationServer,
  settings: Settings,
): Promise<Row[]> {
  const { rounds } = settings;
  const calls = atMost(CALLS, settings);
  const found = all.map(servers => ({ servers, expired: [] as Storm[], living: [] as Storm[] }));
  for (const { servers } of found) await storm(servers, authorizationServer, calls, false);
  for (let round = 0; round < rounds; round++) {
    for (const { servers, expired, living } of found) {
      expired.push(await storm(servers, authorizationServer, calls, true));
      living.push(await storm(servers, authorizationServer, calls, false));
    }
  }
  return found.flatMap(({ servers, expired, living }) => rowsOf(servers, calls, expired, living));
}

async function storm(
  servers: Servers,
  { tokenCalls }: AuthorizationServer,
  calls: number,
  expired: boolean,
): Promise<Storm> {
  const { cookie } = await logIn(servers, expired);
  const opened = servers.instances.flatMap(({ port }) => Array.from({ length: calls }, () => Connection.open(port)));
  const connections = await Promise.all(opened);
  const before = tokenCalls.length;
  const request = apiCall(cookie);
  const waits = await Promise.all(
    connections.map(async connection => {
      const began = performance.now();
      const status = await connection.send(request);
      if (status !== 200) throw new Error(`a call of the storm was answered ${status}`);
      return performance.now() - began;
    }),
  );
  for (const connection of connections) connection.close();
  return { p99: percentile(waits, 0.99), tokenCalls: tokenCalls.slice(before) };
}

function rowsOf({ backend, instances }: Servers, calls: number, expired: Storm[], living: Storm[]): Row[] {
  const what = `${instances.length} processes × ${calls} parallel calls on one expired session, ${backend}`;
  const requests = expired.map(({ tokenCalls }) => tokenCalls.length);
  const beyond = expired.map(({ p99, tokenCalls }) => p99 - Math.max(...tokenCalls));
  const most = Math.max(...requests);
  const isOne = requests.every(count => count === 1);
  const waited = median(beyond);
  return [
    row(`${what}: token requests a round`, '1', isOne ? '1' : `up to ${most}`, isOne),
    row(
      `${what}: p99 wait beyond the token call (${TOKEN_CALL} ms)`,
      `≤ ${GOAL} ms`,
      figure(waited, 'ms'),
      waited <= GOAL,
    ),
    {
      figure: `the same calls on a session whose token lives, ${backend}: p99`,
      measured: figure(median(living.map(({ p99 }) => p99)), 'ms'),
    },
  ];
}
