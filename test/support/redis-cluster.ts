import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { until } from './parlour.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { AS_USER, USERS } from './redis-user.js';

export interface RedisCluster {
  url: string;
  nodes: RedisServer[];
  /** The node that has the key's slot at this moment, and what replicates it. */
  shardOf(key: string): Promise<{ primary: RedisServer; replica: RedisServer }>;
  /** On every node that is a primary. */
  command(...args: string[]): Promise<void>;
  close(): Promise<void>;
}

const run = promisify(execFile);

/** Six nodes: three primaries with a replica each. A failover takes some two seconds. Its URL names a user with no more rights than needed. */
export async function startRedisCluster(moreRights = ''): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 6 }, () => startNode(moreRights)));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
  await until('each primary has its replica', async () => (await linkedReplicas(nodes)) === 3);
  await until('all nodes agree', async () => (await Promise.all(nodes.map(isWhole))).every(Boolean));
  return {
    url: `redis+cluster://${AS_USER}${addresses.slice(0, 2).join()}`,
    nodes,
    shardOf: key => shardOf(nodes, key),
    command: (...args) => onPrimaries(nodes, args),
    close: async () => void (await Promise.all(nodes.map(node => node.close()))),
  };
}

async function startNode(moreRights: string): Promise<RedisServer> {
  const busPort = await freePort();
  const cluster = ['cluster-enabled yes', 'cluster-node-timeout 2000', `cluster-port ${busPort}`];
  return startRedis({ lines: [...cluster, 'cluster-require-full-coverage no', `${USERS.cluster} ${moreRights}`] });
}

/** Knows three primaries with a replica each, and calls that healthy. */
async function isWhole(node: RedisServer): Promise<boolean> {
  const ranges = await slotsAt(node);
  const isHealthy = String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok');
  return isHealthy && ranges.length === 3 && ranges.every(([, , ...shard]) => shard.length === 2);
}

/** CLUSTER SLOTS, as Redis has it. */
async function slotsAt(node: RedisServer): Promise<[number, number, ...[string, number][]][]> {
  return (await node.command('CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][];
}

async function linkedReplicas(nodes: RedisServer[]): Promise<number> {
  const infos = await Promise.all(nodes.map(node => node.command('INFO', 'replication')));
  return infos.filter(info => String(info).includes('master_link_status:up')).length;
}

async function onPrimaries(nodes: RedisServer[], args: string[]): Promise<void> {
  for (const node of nodes) {
    const [role]: unknown[] = Object(await node.command('ROLE'));
    if (role === 'master') await node.command(...args);
  }
}

/** Asks whatever node answers. */
async function shardOf(nodes: RedisServer[], key: string): Promise<{ primary: RedisServer; replica: RedisServer }> {
  for (const node of nodes) {
    const slot = await node.command('CLUSTER', 'KEYSLOT', key).catch(() => undefined);
    if (typeof slot !== 'number') continue;
    const [, , ...ports] = (await slotsAt(node)).find(([first, last]) => slot >= first && slot <= last) ?? [];
    const [primary, replica] = ports.map(([, port]) => nodes.find(each => each.port === port));
    if (primary && replica) return { primary, replica };
  }
  throw new Error('no node answers');
}
