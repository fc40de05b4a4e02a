import { isLoopback } from '../../secure-url.js';
import type { RedisUrl } from '../../storage-url.js';
import type { Connection } from './connection.js';
import type { Topology } from './topology.js';
import { codeOf, nameOf, said } from './unavailable.js';

/** What would lose sessions, or bring back those that have ended. */
export async function dangersOf(url: RedisUrl, topology: Topology): Promise<string[]> {
  // one that can't be reached is said to be lost, and is no reason not to start
  const connections = topology.primaries().flatMap(({ reads }) => reads.connection ?? []);
  const found = await Promise.all(connections.map(connection => atPrimary(connection, url)));
  return [...onTheWay(url), ...found.flat()];
}

/** Records are sealed, so what can be read on the way is the password, and when which of them changes; but whoever has that can end all sessions. */
function onTheWay({ tls, servers, credentials }: RedisUrl): string[] {
  if (servers.every(({ host }) => isLoopback(host.includes(':') ? `[${host}]` : host))) return [];
  return [
    ...(tls ? [] : ['it is spoken to without TLS: the password and notices travel in the clear (write rediss)']),
    ...(credentials ? [] : ['it wants no password: whoever reaches it can end every session']),
  ];
}

const SETTINGS = ['maxmemory', 'maxmemory-policy', 'appendonly', 'appendfsync', 'save', 'min-replicas-to-write'];

/** One that can't be asked now isn't called dangerous. */
async function atPrimary(connection: Connection, { kind }: RedisUrl): Promise<string[]> {
  const name = nameOf(connection.server);
  try {
    const settings = Object(await connection.send(['CONFIG', 'GET', ...SETTINGS])) as Record<string, unknown>;
    const [, , replicas]: unknown[] = Object(await connection.send(['ROLE']));
    const hasReplica = Array.isArray(replicas) && replicas.length > 0;
    return [...inSettings(settings), ...inReplication(kind, settings, hasReplica)].map(text => `${name}: ${text}`);
  } catch (error) {
    if (codeOf(error) === undefined) return [];
    return [`${name}: whether its settings may lose sessions couldn’t be checked: ${said(error)}`];
  }
}

function inSettings(settings: Record<string, unknown>): string[] {
  const { maxmemory, 'maxmemory-policy': policy, appendonly, appendfsync, save } = settings;
  const evicts = Number(maxmemory) > 0 && policy !== 'noeviction';
  const found: [boolean, string][] = [
    [
      evicts,
      `maxmemory-policy is ${String(policy)}: when its memory is full it drops sessions; it has to be noeviction`,
    ],
    [
      appendonly === 'no' && save === '',
      'nothing is on its disk (appendonly no, no save): a restart ends every session',
    ],
    [
      appendonly === 'no' && save !== '',
      'appendonly is no: a crash takes it back to its last snapshot; sessions begun since are gone, and those ended since are back',
    ],
    [
      appendonly === 'yes' && appendfsync === 'no',
      'appendfsync is no: a power cut takes back what the system hadn’t written, logouts too',
    ],
  ];
  return found.flatMap(([isSo, text]) => (isSo ? [text] : []));
}

/** In a cluster a primary that most others don't reach takes no writes anyway. */
function inReplication(kind: RedisUrl['kind'], settings: Record<string, unknown>, hasReplica: boolean): string[] {
  if (!hasReplica) return kind === 'single' ? [] : ['it has no replica: with it, its sessions are gone'];
  if (kind === 'cluster' || settings['min-replicas-to-write'] !== '0') return [];
  return ['min-replicas-to-write is 0: if it’s cut off from its replicas, it takes writes that a failover throws away'];
}
