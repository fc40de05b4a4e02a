import { join } from 'node:path';
import { type Group, leftOut, type Row, row } from '../report.ts';
import { isWanted, type Settings } from '../settings.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { startLoadGenerator } from '../stage/load.ts';
import { startProgram } from '../stage/processes.ts';
import { median } from '../stage/statistics.ts';
import { startExpressOpenIdConnect, startParlour, startPassThrough } from './contestants.ts';
import { measureLatency } from './latency.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

const GOALS = { 'pass-through': 0.9, 'express-openid-connect': 8, mod_auth_openidc: 1.2 };
const CALL = 'proxied GET, one process';

/** A proxied call: a session found, checks made, a token attached; beside those that do the same, and one that does nothing of it. */
export async function measureProxy(settings: Settings): Promise<Group> {
  const authorizationServer = await startAuthorizationServer();
  const api = await startProgram(join(import.meta.dirname, '../stage/quick-api.ts'));
  const load = startLoadGenerator();
  const around = { authorizationServer, api: { url: `http://127.0.0.1:${api.port}` }, settings };
  const rows: Row[] = [];
  const parlour = await startParlour(around);
  const bare = await startPassThrough(parlour, around);
  const peers = { 'express-openid-connect': startExpressOpenIdConnect };
  const contestants = [bare, parlour];
  for (const [name, start] of Object.entries(peers).filter(([peer]) => isWanted(peer, settings)))
    await start(around).then(
      peer => contestants.push(peer),
      (error: unknown) => rows.push(leftOut(`${CALL} against ${name}`, String(error))),
    );
  const found = await measureThroughput(contestants, load, settings);
  rows.unshift(...rowsOf(found));
  if (isWanted('latency', settings)) {
    const rates = [bare, parlour].map(({ name }) => medianOf(found, name, 'rate'));
    rows.push(...(await measureLatency([bare, parlour], load, Math.min(...rates) / 2, settings)));
  }
  authorizationServer.close();
  await Promise.all([load, api].map(each => each.stop()));
  await Promise.all(contestants.map(each => each.stop('SIGTERM')));
  return { rows, versions: {} };
}

function rowsOf(found: Map<string, Throughput[]>): Row[] {
  const ours = found.get('parlour') ?? [];
  const ratios = Object.entries(GOALS).flatMap(([peer, goal]) => {
    const theirs = found.get(peer);
    if (!theirs) return [];
    const where = peer === 'mod_auth_openidc' ? `${peer} in Apache on all cores` : peer;
    const faster = median(ours.map(({ rate }, round) => rate / (theirs[round]?.rate ?? NaN)));
    const cheaper = median(ours.map(({ cpu }, round) => (theirs[round]?.cpu ?? NaN) / cpu));
    return [
      row(`${CALL} against ${where}: requests/s`, `≥ ${goal}`, faster.toFixed(2), faster >= goal),
      row(`${CALL} against ${where}: work for the same CPU time`, `≥ ${goal}`, cheaper.toFixed(2), cheaper >= goal),
    ];
  });
  const each = [...found.keys()].map(name => {
    const [rate, cpu] = [medianOf(found, name, 'rate'), medianOf(found, name, 'cpu')];
    return { figure: `${name}: requests/s, CPU a request`, measured: `${rate.toFixed(0)}, ${cpu.toFixed(0)} µs` };
  });
  return [...ratios, ...each];
}

function medianOf(found: Map<string, Throughput[]>, name: string, what: keyof Throughput): number {
  return median((found.get(name) ?? []).map(value => value[what]));
}
