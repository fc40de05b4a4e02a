import { afterAll, beforeAll } from '@jest/globals';
import { openStorage } from '../src/bff/storage/open.js';
import { describeStorage } from './storage-contract.js';
import { realTime } from './storage-contract-context.js';
import { type RedisServer, startRedis } from './support/redis-server.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

describeStorage(
  'redis',
  async () => {
    await redis.command('FLUSHALL');
    return openStorage(redis.url);
  },
  realTime,
);
