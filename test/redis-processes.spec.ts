import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openStorage } from '../src/bff/storage/open.js';
import { openingUrl } from './storage-child.js';
import { KEY, MINUTE, valueOf } from './storage-contract-context.js';
import { describeProcesses } from './storage-contract-processes.js';
import { until } from './support/parlour.js';
import { type RedisServer, startRedis } from './support/redis-server.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

async function share() {
  await redis.command('FLUSHALL');
  return { storage: await openStorage(redis.url), opening: openingUrl(redis.url) };
}

describeProcesses('redis', share, (shared, startChild) => {
  it('R13: a process that stood still gives out nothing old when it goes on, and has heard what was said, or that some was missed', async () => {
    const { storage } = shared();
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    const child = await startChild(`
      const tell = said => process.send(said);
      await storage.subscribe('{1}:notices', { received: tell, missed: () => tell('missed some') });
      await storage.get('${KEY}');
      tell('listens');
      process.on('message', async () => tell(String((await storage.get('${KEY}'))?.value)));
    `);
    const heard: unknown[] = [];
    child.on('message', said => heard.push(said));
    child.send('go');
    await until('the child listens', () => heard.includes('listens'));
    child.kill('SIGSTOP');
    await storage.put(KEY, Buffer.from('two'), MINUTE);
    await storage.publish('{1}:notices', 'changed');
    child.kill('SIGCONT');
    await until('it hears', () => heard.includes('changed') || heard.includes('missed some'));
    child.send('read');
    await until('it has read', () => heard.includes('two'));
    expect(heard).not.toContain('one');
    expect(await valueOf(storage, KEY)).toBe('two');
  });
});
