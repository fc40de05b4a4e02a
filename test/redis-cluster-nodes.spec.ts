import { expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { openStorage } from '../src/bff/storage/open.js';
import { KEY } from './storage-contract-context.js';
import { listen } from './support/hostile/listen.js';
import { until } from './support/parlour.js';
import { startRedisCluster } from './support/redis-cluster.js';
import type { RedisServer } from './support/redis-server.js';

/** Whoever has that node's address now: counts who comes to ask for the map. */
async function strangerAt({ port }: RedisServer) {
  let visits = 0;
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', greeting => {
      if (greeting.includes('parlour-topology')) visits += 1;
      socket.destroy();
    });
  });
  await listen(server.unref(), port);
  return { visits: () => visits, close: () => new Promise(resolve => server.close(resolve)) };
}

/** How often the nodes were asked for their map. */
async function looks(nodes: RedisServer[]): Promise<number> {
  const stats = await Promise.all(nodes.map(node => node.command('INFO', 'commandstats')));
  return stats.reduce<number>(
    (sum, text) => sum + Number(/cluster\|slots:calls=(\d+)/.exec(String(text))?.[1] ?? 0),
    0,
  );
}

it('R6: a node that has left the cluster is asked for nothing, and told no password, whoever has its address by now', async () => {
  const cluster = await startRedisCluster();
  const [seed, otherSeed] = cluster.nodes;
  const { primary, replica } = await cluster.shardOf(KEY);
  // the shard's replica is none of the seeds, which redis-cli makes primaries
  expect([seed, otherSeed]).not.toContain(replica);
  const storage = await openStorage(cluster.url);
  const left = String(await replica.command('CLUSTER', 'MYID'));
  const others = cluster.nodes.filter(node => node !== replica);
  for (const node of others) await node.command('CLUSTER', 'FORGET', left);
  await replica.signal('SIGKILL');
  // which of them it was is looked for at once
  await primary.signal('SIGKILL');
  const alive = others.filter(node => node !== primary);
  const before = await looks(alive);
  await until('the map has been read again', async () => (await looks(alive)) > before + 1);
  const stranger = await strangerAt(replica);
  for (const node of alive) await node.signal('SIGKILL');
  const atSeed = await strangerAt(seed ?? primary);
  await until('seeds are asked', () => atSeed.visits() > 2);
  expect(stranger.visits()).toBe(0);
  await storage.close();
  for (const each of [stranger, atSeed]) await each.close();
  await cluster.close();
}, 60_000);
