import type { RedisUrl, Server } from '../../storage-url.js';
import type { StorageObserver } from '../observer.js';
import { StorageUnavailable } from '../storage.js';
import { accessTo } from './access.js';
import { askForMap, Cluster } from './cluster.js';
import { type Access, Connection } from './connection.js';
import { Primary } from './primary.js';
import { Sentinels } from './sentinels.js';
import { single, type Topology, watched } from './topology.js';
import { nameOf } from './unavailable.js';

/** Rejects when no server can be reached, or it's another kind of server than the URL says. */
export async function openTopology(
  url: RedisUrl,
  caFile: string | undefined,
  observer: StorageObserver,
): Promise<Topology> {
  const topology = await topologyAt(url, caFile, observer);
  await Promise.all(topology.primaries().map(primary => primary.tried()));
  return topology;
}

async function topologyAt(url: RedisUrl, caFile: string | undefined, observer: StorageObserver): Promise<Topology> {
  const access = accessTo(url, caFile);
  if (url.kind === 'cluster') return openCluster(url, access, observer);
  if (url.kind === 'sentinel') return openWatched(url, caFile, observer);
  const server = await reachable(url.servers, access(), 'standalone');
  return single(new Primary(async () => server, access, observer));
}

async function openCluster({ servers }: RedisUrl, access: () => Access, observer: StorageObserver): Promise<Topology> {
  const node = await reachable(servers, access(), 'cluster');
  return new Cluster(servers, await askForMap(node, access()), access, observer);
}

async function openWatched(url: RedisUrl, caFile: string | undefined, observer: StorageObserver): Promise<Topology> {
  const access = accessTo(url, caFile);
  const toSentinels = accessTo({ ...url, credentials: url.sentinelCredentials, database: 0 }, caFile);
  await reachable(url.servers, toSentinels(), 'sentinel');
  const sentinels = new Sentinels(url.servers, url.name ?? '', toSentinels);
  try {
    await reachable([await sentinels.primary()], access(), 'standalone');
  } catch (error) {
    sentinels.close();
    throw error;
  }
  return watched(new Primary(() => sentinels.primary(), access, observer), sentinels);
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
