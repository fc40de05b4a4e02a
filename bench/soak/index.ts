import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Group, type Row, row } from '../report.ts';
import type { Settings } from '../settings.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { fetchedBy, follow } from '../stage/browser.ts';
import { asking } from '../stage/commands.ts';
import { startLoadGenerator } from '../stage/load.ts';
import { startProgram, temporaryFolder } from '../stage/processes.ts';
import { type Around, type Server, startParlour } from '../stage/server.ts';
import { figure } from '../stage/statistics.ts';
import { ROUTE_TIMEOUT } from './kinds.ts';
import { count, listed, type Outcomes, sumOf, unexplained } from './outcomes.ts';
import { startRestartedRedis } from './redis-restarts.ts';
import { handles, type Inside, type ProbeCommands, settled } from './watched.ts';

export interface ClientCommands {
  /** `rate`: calls a second, each of a session drawn by lot. Says what became of them: `slow: 200` → how often. */
  run(calls: { port: number; cookies: string[]; rate: number; milliseconds: number }): Promise<Outcomes>;
}

const SECONDS = 600;
const SESSIONS = 200;
const CONNECTIONS = 32;
/** Seconds that an access token lives, milliseconds that a refresh takes, and seconds that a connection stays open for nothing. */
const TOKENS = { lifetime: 10, call: 50, idle: 5 };
/** MiB. */
const GOALS = { heap: 16, rss: 64 };

/** Ten minutes at half of what it can do, with everything around it out of order now and then; what it leaves behind. */
export async function measureSoak(settings: Settings): Promise<Group> {
  const milliseconds = (settings.seconds ?? SECONDS) * 1000;
  const authorizationServer = await startAuthorizationServer(TOKENS);
  const [api, redis] = [await startProgram(join(import.meta.dirname, 'faulty-api.ts')), await startRestartedRedis()];
  const clients = await startProgram(join(import.meta.dirname, 'clients.ts'));
  const around = { authorizationServer, api: { url: `http://127.0.0.1:${api.port}` }, settings };
  const parlour = await startWithProbe(around, redis.url);
  const [ask, askClients] = [asking<ProbeCommands>(parlour), asking<ClientCommands>(clients)];
  const look = () => ask('look');
  const cookies: string[] = [];
  while (cookies.length < SESSIONS) cookies.push((await follow(parlour.port, '/login')).cookie);
  const rate = (await mostOf(parlour, cookies)) / 2;
  const calls = { port: parlour.port, cookies, rate };
  const run = (time: number) => askClients('run', { ...calls, milliseconds: time });
  // whatever is made once and kept is made by now
  await run(milliseconds / 10);
  const before = await settled(look);
  const refreshes = authorizationServer.tokenCalls.length;
  const half = () => Promise.all([run(milliseconds / 2), redis.restartFor(milliseconds / 2)]);
  const [first, restarts] = await half();
  const middle = await settled(look);
  const [second, more] = await half();
  const after = await settled(look);
  const outcomes = sumOf(first, second);
  const faults = `${restarts + more} Redis restarts, ${authorizationServer.tokenCalls.length - refreshes} refreshes`;
  const what = `soak, ${milliseconds / 1000} s`;
  const made = count(outcomes, () => true);
  const speed = `${(made / (milliseconds / 1000)).toFixed(0)} a second of ${rate.toFixed(0)} meant`;
  const rows = [
    { figure: `${what}: calls made (${faults})`, measured: `${made}, ${speed}` },
    ...answerRows(what, outcomes),
    ...leftBehind(what, [before, middle, after]),
    said(what, parlour),
  ];
  authorizationServer.close();
  await Promise.all([clients, parlour, api, redis].map(each => each.stop()));
  return { rows, versions: { Redis: redis.version }, isOneRun: true };
}

function startWithProbe(around: Around, storage: string): Promise<Server> {
  const file = join(temporaryFolder(), 'parlour.json');
  const apiRoutes = [{ path: '/api', upstream: around.api.url, timeout: ROUTE_TIMEOUT }];
  writeFileSync(file, JSON.stringify({ apiRoutes }));
  const variables = { STORAGE_URL: storage, CONFIG_FILE: file, API_ROUTES: '' };
  return startParlour(around, variables, ['--expose-gc', '--import', join(import.meta.dirname, 'probe.ts')]);
}

/** Calls a second. */
async function mostOf({ port }: Server, cookies: string[]): Promise<number> {
  const load = startLoadGenerator();
  const requests = cookies.slice(0, CONNECTIONS).map(cookie => fetchedBy(cookie, '/api/ordinary'));
  const { answers, seconds } = await load.closedLoop({ port, requests, milliseconds: 3000 });
  await load.stop();
  return answers / seconds;
}

function answerRows(what: string, outcomes: Outcomes): Row[] {
  const hung = count(outcomes, outcome => outcome === 'hung');
  const lost = count(outcomes, outcome => outcome.startsWith('401'));
  const unknown = unexplained(outcomes).filter(name => !name.endsWith('hung'));
  const times = unknown.map(name => `${name} × ${outcomes[name]}`).join('; ');
  return [
    row(`${what}: calls without an end within 20 s`, '0', String(hung), hung === 0),
    row(`${what}: failures that the contract doesn't have`, '0', times || '0', unknown.length === 0),
    row(`${what}: calls that had lost their session`, '0', String(lost), lost === 0),
    { figure: `${what}: what failed`, measured: listed(outcomes) },
  ];
}

/** A process reaches its size in RSS only by and by, as its allocators keep what they had once: so what counts there is whether it still grows. */
function leftBehind(what: string, [before, middle, after]: [Inside, Inside, Inside]): Row[] {
  const [heap, rss] = [after.heap - before.heap, after.rss - middle.rss];
  const same = handles(after) === handles(before);
  return [
    row(`${what}: growth of the heap after it`, `≤ ${GOALS.heap} MiB`, figure(heap, 'MiB'), heap <= GOALS.heap),
    row(`${what}: growth of RSS in its second half`, `≤ ${GOALS.rss} MiB`, figure(rss, 'MiB'), rss <= GOALS.rss),
    {
      figure: `${what}: RSS before, in the middle, after`,
      measured: [before, middle, after].map(inside => figure(inside.rss, 'MiB')).join(', '),
    },
    row(
      `${what}: open sockets and files after it`,
      'as before',
      same ? `as before: ${handles(after)}` : `${handles(after)}; before: ${handles(before)}`,
      same,
    ),
  ];
}

/** Its log is written there from `error` on: what it expects to happen has an event's name. */
function said(what: string, { child, complaints }: Server): Row {
  const lines = complaints().split('\n').filter(Boolean);
  const unexpected = lines.filter(line => !/"event":"(?!request_failed","code":"internal_error)/.test(line));
  const isFine = unexpected.length === 0 && child.exitCode === null && child.signalCode === null;
  const words = `${unexpected.length}: ${unexpected[0]?.slice(0, 200) ?? 'it has ended'}`;
  return row(`${what}: lines on stderr that are no event, or our own failure`, '0', isFine ? '0' : words, isFine);
}
