import { join } from 'node:path';
import { type Group, leftOut, type Row } from '../report.ts';
import { isWanted, type Settings } from '../settings.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { startLoadGenerator } from '../stage/load.ts';
import { startProgram } from '../stage/processes.ts';
import type { Around } from '../stage/server.ts';
import { absolutes, comparison, type Found, measureThroughput, medianOf } from '../stage/throughput.ts';
import {
  IN_NEST,
  type Proxy,
  startExpressOpenIdConnect,
  startModAuthOpenidc,
  startParlourProxy,
  startPassThrough,
} from './contestants.ts';
import { measureLatency } from './latency.ts';
import { debianVersion, npmVersion } from './versions.ts';

const CALL = 'proxied GET, one process, against';

interface Peer {
  start: (around: Around) => Promise<Proxy>;
  versions: () => Record<string, string>;
}

/** What the machine may have. */
const PEERS: Record<string, Peer> = {
  'express-openid-connect': {
    start: startExpressOpenIdConnect,
    versions: () => versions(['express-openid-connect', 'http-proxy-middleware', 'express'], npmVersion),
  },
  mod_auth_openidc: {
    start: startModAuthOpenidc,
    versions: () => versions(['apache2', 'libapache2-mod-auth-openidc'], debianVersion),
  },
};

const GOALS: Record<string, { goal: number; words: string }> = {
  'pass-through': { goal: 0.9, words: 'the bare pass-through' },
  'express-openid-connect': { goal: 8, words: 'express-openid-connect + http-proxy-middleware' },
  mod_auth_openidc: { goal: 1.2, words: 'mod_auth_openidc in Apache on all cores' },
};

/** A proxied call: a session found, checks made, a token attached; beside those that do the same, and one that does nothing of it. */
export async function measureProxy(settings: Settings): Promise<Group> {
  const authorizationServer = await startAuthorizationServer();
  const api = await startProgram(join(import.meta.dirname, '../stage/quick-api.ts'));
  const load = startLoadGenerator();
  const around = { authorizationServer, api: { url: `http://127.0.0.1:${api.port}` }, settings };
  const parlour = await startParlourProxy(around);
  const bare = await startPassThrough(parlour, around);
  const { proxies, missing, found: used } = await startPeers(around);
  const inNest = isWanted('nest', settings) ? [await startPassThrough(parlour, around, 'nest')] : [];
  const all = [bare, parlour, ...inNest, ...proxies];
  const contestants = all.map(({ name, pid, port, requests }) => {
    const run = (milliseconds: number) => load.closedLoop({ port, requests, milliseconds });
    return { name, pid, run };
  });
  const found = await measureThroughput(contestants, settings);
  const rows = [...rowsOf(found), ...missing];
  if (isWanted('latency', settings)) {
    const rates = [bare, parlour].map(({ name }) => medianOf(found, name, 'rate'));
    rows.push(...(await measureLatency([bare, parlour], load, Math.min(...rates) / 2, settings)));
  }
  authorizationServer.close();
  await Promise.all([load, api].map(each => each.stop()));
  await Promise.all(all.map(each => each.stop('SIGTERM')));
  return { rows, versions: used };
}

async function startPeers(around: Around) {
  const proxies: Proxy[] = [];
  const missing: Row[] = [];
  const found: Record<string, string> = {};
  for (const [name, peer] of Object.entries(PEERS).filter(([peerName]) => isWanted(peerName, around.settings))) {
    try {
      proxies.push(await peer.start(around));
      Object.assign(found, peer.versions());
    } catch (error) {
      missing.push(leftOut(`${CALL} ${GOALS[name]?.words}`, error instanceof Error ? error.message : String(error)));
    }
  }
  return { proxies, missing, found };
}

function versions(names: string[], version: (name: string) => string): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, version(name)]));
}

function rowsOf(found: Found): Row[] {
  const compared = Object.entries(GOALS).filter(([peer]) => found.has(peer));
  const rows = compared.flatMap(([peer, { goal, words }]) =>
    comparison(found, ['parlour', peer], `${CALL} ${words}`, goal),
  );
  return [...rows, ...explanation(found), ...absolutes(found)];
}

/** What of the distance is the framework's. */
function explanation(found: Found): Row[] {
  if (!found.has(IN_NEST)) return [];
  const what = 'a Nest application whose one controller is the bare pass-through, against the bare one';
  return comparison(found, [IN_NEST, 'pass-through'], what, 0).map(({ figure, measured }) => ({ figure, measured }));
}
