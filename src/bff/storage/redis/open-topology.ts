import type { RedisUrl, Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';
import { accessTo } from './access.js';
import { askForMap, Cluster } from './cluster.js';
import { type Access, Connection } from './connection.js';
import { Primary, type Surroundings } from './primary.js';
import { Sentinels } from './sentinels.js';
import { single, type Topology, watched } from './topology.js';
import { nameOf } from './unavailable.js';

/** Rejects when no server can be reached, or it's another kind of server than the URL says. */
export async function openTopology(url: RedisUrl, caFile: string | undefined, parts: Parts): Promise<Topology> {
  const topology = await topologyAt(url, caFile, parts);
  await Promise.all(topology.primaries().map(primary => primary.tried()));
  return topology;
}

type Parts = Omit<Surroundings, 'access'>;

async function topologyAt(url: RedisUrl, caFile: string | undefined, parts: Parts): Promise<Topology> {
  const access = accessTo(url, caFile);
  const surroundings = { ...parts, access };
  if (url.kind === 'cluster') {
    const node = await reachable(url.servers, access(), 'cluster');
    return new Cluster(url.servers, await askForMap(node, access()), surroundings);
  }
  if (url.kind === 'sentinel') return openWatched(url, caFile, surroundings);
  const server = await reachable(url.servers, access(), 'standalone');
  return single(new Primary(async () => server, surroundings));
}

async function openWatched(url: RedisUrl, caFile: string | undefined, surroundings: Surroundings): Promise<Topology> {
  const access = accessTo({ ...url, credentials: url.sentinelCredentials, database: 0 }, caFile);
  await reachable(url.servers, access(), 'sentinel');
  const sentinels = new Sentinels(url.servers, url.name ?? '', access);
  try {
    await reachable([await sentinels.primary()], surroundings.access(), 'standalone');
  } catch (error) {
    sentinels.close();
    throw error;
  }
  return watched(new Primary(() => sentinels.primary(), surroundings), sentinels);
}

/** How each kind of server, as it calls itself, is written. */
const WRITTEN: Record<string, string> = {
  standalone: 'a server on its own: write redis:// for it',
  sentinel: 'a sentinel: write redis+sentinel:// for it, and the name of the primary behind a slash',
  cluster: 'a node of a cluster: write redis+cluster:// for it',
};

/** The first that answers. Throws what the first of them failed with when none does, or when it's of another kind. */
async function reachable(servers: Server[], access: Access, mode: string): Promise<Server> {
  const attempts = servers.map(server => refuseMode(server, access, mode));
  return Promise.any(attempts).catch(() => attempts[0] ?? Promise.reject(new Error('no server')));
}

async function refuseMode(server: Server, access: Access, mode: string): Promise<Server> {
  const connection = await Connection.open(server, access, 'topology');
  const found = connection.hello.mode;
  connection.close();
  if (found === mode) return server;
  throw new StorageUnavailable(`${nameOf(server)} is ${WRITTEN[found] ?? `"${found}"`}.`);
}
