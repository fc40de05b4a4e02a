import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { unobserved } from '../src/bff/storage/observer.js';
import { openStorage } from '../src/bff/storage/open.js';
import { KEY, MINUTE } from './storage-contract-context.js';
import { selfSigned } from './support/certificates.js';
import { HttpBrowser } from './support/http-browser.js';
import { startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, startParlour, until } from './support/parlour.js';
import { startRedisCluster } from './support/redis-cluster.js';
import { startSentinels } from './support/redis-sentinel.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { AS_USER, USERS } from './support/redis-user.js';

/** What a start says; the addresses of servers are left out. */
async function dangersAt(url: string, caFile?: string): Promise<string[]> {
  const found: string[] = [];
  const observer = { ...unobserved, danger: (reason: string) => void found.push(reason) };
  await (await openStorage(url, { caFile, observer })).close();
  return found.map(danger => danger.replace(/^[\d.:]+: /, ''));
}

const SAFE = { maxmemory: '0', 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec', save: '' };

describe('settings of a server', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis({ lines: [USERS.server] });
  });
  afterAll(() => redis.close());
  beforeEach(() => set(SAFE));

  async function set(settings: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await redis.command('CONFIG', 'SET', name, value);
  }

  it.each<[Record<string, string>, string]>([
    [{ maxmemory: '1gb', 'maxmemory-policy': 'allkeys-lru' }, 'maxmemory-policy is allkeys-lru: '],
    [{ maxmemory: '1gb', 'maxmemory-policy': 'volatile-ttl' }, 'maxmemory-policy is volatile-ttl: '],
    [{ appendonly: 'no' }, 'nothing is on its disk'],
    [{ appendonly: 'no', save: '3600 1' }, 'appendonly is no: a crash takes it back to its last snapshot'],
    [{ appendfsync: 'no' }, 'appendfsync is no: a power cut'],
  ])('R7: %j is reported at start-up', async (settings, danger) => {
    await set(settings);
    expect(await dangersAt(redis.url)).toEqual([expect.stringContaining(danger)]);
  });

  it.each<Record<string, string>>([
    {},
    { maxmemory: '1gb' },
    // without a limit nothing is dropped
    { 'maxmemory-policy': 'allkeys-lru' },
    { appendfsync: 'always', save: '3600 1' },
  ])('R7: %j is fine, and nothing is said', async settings => {
    await set(settings);
    expect(await dangersAt(redis.url)).toEqual([]);
  });

  it('R7: that can’t be read are said not to have been checked', async () => {
    await redis.command('ACL', 'SETUSER', 'parlour', '-config|get');
    expect(await dangersAt(redis.url.replace('//', `//${AS_USER}`))).toEqual([
      expect.stringMatching(/couldn’t be checked: NOPERM/),
    ]);
  });
});

describe('replicas', () => {
  it('R7: with sentinels: a primary that may go on alone is reported, and one that may not isn’t', async () => {
    const watched = await startSentinels();
    const [primary] = watched.servers;
    await primary?.command('CONFIG', 'SET', 'appendonly', 'yes');
    expect(await dangersAt(watched.url)).toEqual([expect.stringContaining('min-replicas-to-write is 0')]);
    await primary?.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect(await dangersAt(watched.url)).toEqual([]);
    await watched.servers[1]?.signal('SIGKILL');
    await primary?.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await until('the primary is alone', async () =>
      String(await primary?.command('INFO', 'replication')).includes('connected_slaves:0'),
    );
    expect(await dangersAt(watched.url)).toEqual([expect.stringContaining('it has no replica')]);
    await watched.close();
  }, 60_000);

  it('R7: in a cluster: each primary is looked at, and what it’s told of is not missed by the others', async () => {
    const cluster = await startRedisCluster();
    const { primary } = await cluster.shardOf('{a}');
    await cluster.command('CONFIG', 'SET', 'appendonly', 'yes');
    expect(await dangersAt(cluster.url)).toEqual([]);
    await primary.command('CONFIG', 'SET', 'appendonly', 'no');
    expect(await dangersAt(cluster.url)).toEqual([expect.stringContaining('nothing is on its disk')]);
    await cluster.close();
  }, 60_000);
});

describe('the way to a server', () => {
  it('S3: without TLS to another machine, and without a password, is reported; on loopback it isn’t', async () => {
    const certificate = await selfSigned('0.0.0.0');
    const redis = await startRedis({ certificate, lines: ['appendonly yes', USERS.server] });
    const [clear, open] = [expect.stringContaining('without TLS'), expect.stringContaining('wants no password')];
    // the same server, by an address that isn't called loopback
    const elsewhere = (user: string) => `redis://${user}0.0.0.0:${redis.port}`;
    const secure = (user: string) => `rediss://${user}0.0.0.0:${redis.tlsPort}`;
    expect(await dangersAt(redis.url)).toEqual([]);
    expect(await dangersAt(elsewhere(''))).toEqual([clear, open]);
    expect(await dangersAt(elsewhere(AS_USER))).toEqual([clear]);
    expect(await dangersAt(secure(''), certificate.certFile)).toEqual([open]);
    expect(await dangersAt(secure(AS_USER), certificate.certFile)).toEqual([]);
    await redis.close();
  });
});

describe('a replica that doesn’t answer', () => {
  let primary: RedisServer;
  let replica: RedisServer;

  beforeEach(async () => {
    primary = await startRedis({ lines: ['appendonly yes', 'repl-timeout 3600'] });
    replica = await startRedis({ lines: [`replicaof 127.0.0.1 ${primary.port}`] });
    await primary.command('SET', 'something', 'to replicate');
    const info = async () => String(await primary.command('INFO', 'replication'));
    await until('it acknowledges', async () => /state=online,offset=[1-9]/.test(await info()));
  });
  afterEach(async () => {
    for (const server of [primary, replica]) await server.close();
  });

  it('R7: a write that no replica has in time is said to be that, and for some seconds nobody waits again', async () => {
    let unconfirmed = 0;
    const observer = { ...unobserved, unconfirmed: (writes: number) => void (unconfirmed += writes) };
    const storage = await openStorage(primary.url, { observer });
    await storage.put(KEY, Buffer.from('one'), MINUTE);
    expect(unconfirmed).toBe(0);
    await replica.signal('SIGSTOP');
    const began = performance.now();
    await storage.put(KEY, Buffer.from('two'), MINUTE);
    expect(unconfirmed).toBe(1);
    for (let n = 0; n < 20; n++) await storage.put(KEY, Buffer.from('three'), MINUTE);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(unconfirmed).toBe(21);
    await storage.close();
  });

  it('R7: keeps nobody from logging in: it’s logged once, and counted', async () => {
    const hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    const parlour = await startParlour(hostile.issuer, { STORAGE_URL: primary.url });
    await replica.signal('SIGSTOP');
    for (let n = 0; n < 3; n++) await new HttpBrowser().navigate(`${parlour.url}/login`);
    expect(parlour.events('login_completed')).toHaveLength(3);
    expect(parlour.events('storage_unconfirmed')).toMatchObject([{ level: 'warn' }]);
    const metrics = await (await fetch(`${parlour.managementUrl}/metrics`)).text();
    expect(Number(/^parlour_storage_unconfirmed_writes_total (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(3);
    expect(parlour.events('configuration_danger')).toMatchObject([{ setting: 'STORAGE_URL', level: 'warn' }]);
    await parlour.close();
    await hostile.close();
  });
});
