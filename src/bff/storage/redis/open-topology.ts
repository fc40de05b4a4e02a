import type { RedisUrl, Server } from '../../storage-url.js';
import type { StorageObserver } from '../observer.js';
import { StorageUnavailable } from '../storage.js';
import { accessTo } from './access.js';
import { type Access, Connection } from './connection.js';
import { Primary } from './primary.js';
import { single, type Topology } from './topology.js';
import { nameOf } from './unavailable.js';

/** Rejects when the server can't be reached, or is another kind of server than the URL says. */
export async function openTopology(
  url: RedisUrl,
  caFile: string | undefined,
  observer: StorageObserver,
): Promise<Topology> {
  if (url.kind !== 'single') throw new StorageUnavailable('Sentinels and clusters are still to come.');
  const access = accessTo(url, caFile);
  const [server] = url.servers;
  await refuseMode(server, access(), 'standalone');
  return single(new Primary(async () => server, access, observer));
}

/** How each kind of server, as it calls itself, is written. */
const WRITTEN: Record<string, string> = {
  standalone: 'a server on its own: write redis:// for it',
  sentinel: 'a sentinel: write redis+sentinel:// for it, and the name of the primary behind a slash',
  cluster: 'a node of a cluster: write redis+cluster:// for it',
};

/** Throws {@link StorageUnavailable} when the server is of another kind. */
async function refuseMode(server: Server, access: Access, mode: string): Promise<void> {
  const connection = await Connection.open(server, access);
  const found = connection.hello.mode;
  connection.close();
  if (found !== mode) throw new StorageUnavailable(`${nameOf(server)} is ${WRITTEN[found] ?? `"${found}"`}.`);
}
