import { join } from 'node:path';
import { request } from 'undici';
import type { Group, Row } from '../report.ts';
import { isWanted, type Settings } from '../settings.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { fetchedBy, follow, navigation } from '../stage/browser.ts';
import { HOST } from '../stage/instance.ts';
import { startLoadGenerator } from '../stage/load.ts';
import { startOther, startParlour } from '../stage/server.ts';
import { absolutes, comparison, type Contestant, measureThroughput } from '../stage/throughput.ts';
import { startBareClient } from './bare.ts';

const CONNECTIONS = 32;
/** Callbacks in a round, for each second that it's to take. */
const CALLBACKS = 500;
const GOALS = { session: 0.8, login: 0.8, callback: 0.7 };

/** What is asked of the BFF itself. The authorization server is this process, which does nothing else meanwhile. */
export async function measureEndpoints(settings: Settings): Promise<Group> {
  const authorizationServer = await startAuthorizationServer();
  const around = { authorizationServer, api: { url: 'http://127.0.0.1:9' }, settings };
  const load = startLoadGenerator();
  const parlour = await startParlour(around);
  const bare = await startBareClient(around, CONNECTIONS);
  const { port, pid } = parlour;
  const ours = { name: 'parlour', pid };
  const theirs = { name: 'bare loop', pid: bare.pid };

  const people: string[] = [];
  while (people.length < CONNECTIONS) people.push((await follow(port, '/login')).cookie);
  const route = await startExpressRoute(port, people[0] ?? '', settings);
  const reads = people.map(cookie => fetchedBy(cookie, '/session'));
  const reading = (at: number) => (milliseconds: number) =>
    load.closedLoop({ port: at, requests: reads, milliseconds });

  const starts = people.map(() => navigation('', '/login'));
  const startLogins = (milliseconds: number) => load.closedLoop({ port, requests: starts, milliseconds, status: 303 });

  let callbacks: string[] = [];
  const prepare = async (milliseconds: number) => {
    callbacks = await callbacksAt(port, countIn(milliseconds));
  };
  const end = () => load.eachOnce({ port, requests: callbacks, connections: CONNECTIONS, status: 303 });

  const parts: Record<keyof typeof GOALS, { words: string; contestants: Contestant[] }> = {
    session: {
      words: 'GET /session against a bare Express JSON route',
      contestants: [
        { name: 'Express', pid: route.pid, run: reading(route.port) },
        { ...ours, run: reading(port) },
      ],
    },
    login: {
      words: 'GET /login against a bare loop of the same authenticated PAR call',
      contestants: [
        { ...theirs, run: milliseconds => bare.ask('push', milliseconds) },
        { ...ours, run: startLogins },
      ],
    },
    callback: {
      words: 'callback against a bare loop of the same token call and checks',
      contestants: [
        {
          ...theirs,
          prepare: milliseconds => bare.ask('prepare', countIn(milliseconds)),
          run: () => bare.ask('redeem'),
        },
        { ...ours, prepare, run: end },
      ],
    },
  };
  const rows: Row[] = [];
  for (const [part, { words, contestants }] of Object.entries(parts)) {
    if (!isWanted(part, settings)) continue;
    const found = await measureThroughput(contestants, settings);
    const [peer] = contestants.map(({ name }) => name);
    rows.push(...comparison(found, ['parlour', peer ?? ''], words, GOALS[part as keyof typeof GOALS]));
    rows.push(...absolutes(found, `${part}, `));
  }
  authorizationServer.close();
  await load.stop();
  await Promise.all([parlour, bare, route].map(each => each.stop('SIGTERM')));
  return { rows, versions: {} };
}

function countIn(milliseconds: number): number {
  return Math.max(CONNECTIONS, Math.round((milliseconds / 1000) * CALLBACKS));
}

/** It says what the product says to the first one. */
async function startExpressRoute(port: number, cookie: string, settings: Settings) {
  const { body } = await request(`http://127.0.0.1:${port}/session`, {
    headers: { host: HOST, cookie, 'x-csrf': '1' },
  });
  const env = { ANSWER: await body.text() };
  return startOther('express-route', join(import.meta.dirname, 'express-route.ts'), env, settings);
}

/** Logins that are back from the authorization server. */
async function callbacksAt(port: number, count: number): Promise<string[]> {
  const requests: string[] = [];
  let started = 0;
  const worker = async () => {
    while (started++ < count) {
      const { cookie, url } = await follow(port, '/login', ({ pathname }) => pathname === '/callback');
      requests.push(navigation(cookie, url.pathname + url.search));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return requests;
}
