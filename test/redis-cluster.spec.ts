import { afterAll, beforeAll } from '@jest/globals';
import { openStorage } from '../src/bff/storage/open.js';
import { describeStorage } from './storage-contract.js';
import { realTime } from './storage-contract-context.js';
import { ANY_KEY } from './support/redis-user.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster(ANY_KEY);
}, 60_000);
afterAll(() => cluster.close());

describeStorage(
  'a cluster',
  async () => {
    await cluster.command('FLUSHALL');
    return openStorage(cluster.url);
  },
  realTime,
);
