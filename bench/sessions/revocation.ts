import { setTimeout as delay } from 'node:timers/promises';
import { type Row, row } from '../report.ts';
import type { AuthorizationServer } from '../stage/authorization-server.ts';
import { apiCall, backChannelLogout, Connection } from '../stage/connection.ts';
import { logIn, type Servers } from '../stage/deployments.ts';
import { sidOf } from '../stage/fixture.ts';
import { figure, percentile } from '../stage/statistics.ts';

/** Logged out one after the other in each round. */
const SESSIONS = 10;
/** Milliseconds between two calls of one session to one instance. */
const PAUSE = 5;
/** Milliseconds. */
const GOAL = 100;
const GOAL_CUT = 2000;

/** From the back-channel logout's 200 to the sending of the last call that still gets through, on each of the instances. */
export async function measureRevocation(
  all: Servers[],
  authorizationServer: AuthorizationServer,
  rounds: number,
): Promise<Row[]> {
  const found = all.map(servers => ({ servers, told: [] as number[], cut: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { servers, told, cut } of found) {
      told.push(...(await logOut(servers, authorizationServer)));
      const { relay } = servers;
      if (!relay) continue;
      cut.push(...(await logOut(servers, authorizationServer, () => relay.cut())));
      relay.restore();
    }
  }
  return found.flatMap(({ servers: { backend }, told, cut }) => [
    rowOf(`${backend}${cut.length > 0 ? '' : ' (each call reads the file: there are no notices to cut)'}`, told, GOAL),
    ...(cut.length > 0 ? [rowOf(`${backend}, all that it would say cut`, cut, GOAL_CUT)] : []),
  ]);
}

function rowOf(where: string, times: number[], goal: number): Row {
  const p99 = percentile(times, 0.99);
  const what = `back-channel logout's 200 → refusal on each of 4 instances, p99 of ${times.length}: ${where}`;
  return row(what, `≤ ${goal} ms`, p99 === 0 ? 'no call got through' : figure(p99, 'ms'), p99 <= goal);
}

/** Milliseconds, of each session at each instance. Whatever an instance may remember of a session, it has just been asked for it. */
async function logOut(
  servers: Servers,
  authorizationServer: AuthorizationServer,
  before = () => {},
): Promise<number[]> {
  const sessions = [];
  while (sessions.length < SESSIONS) {
    const { number, cookie } = await logIn(servers);
    const callers = await Promise.all(servers.instances.map(({ port }) => callerAt(port, cookie)));
    sessions.push({ token: await authorizationServer.logoutToken(sidOf(number)), callers });
  }
  const callers = sessions.flatMap(session => session.callers);
  await Promise.all(callers.map(({ gotThrough }) => gotThrough()));
  before();
  const connection = await Connection.open(servers.logins.port);
  const times = [];
  for (const session of sessions) {
    const status = await connection.send(backChannelLogout(session.token));
    const loggedOut = performance.now();
    if (status !== 200) throw new Error(`a logout was answered ${status}`);
    times.push(...session.callers.map(async ({ lastCall }) => (await lastCall(loggedOut)) - loggedOut));
  }
  const all = await Promise.all(times);
  for (const { connection: each } of [...callers, { connection }]) each.close();
  return all;
}

async function callerAt(port: number, cookie: string) {
  const connection = await Connection.open(port);
  const call = () => connection.send(apiCall(cookie));
  return {
    connection,
    /** An instance that has just got its connections back may say 503 at first. */
    gotThrough: async () => {
      while ((await call()) !== 200) await delay(PAUSE);
    },
    /** When the last one that got through was sent; `since`: none did. */
    lastCall: async (since: number) => {
      for (let last = since; ; await delay(PAUSE)) {
        const sent = performance.now();
        if ((await call()) !== 200) return last;
        last = sent;
      }
    },
  };
}
