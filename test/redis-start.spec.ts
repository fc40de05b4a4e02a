import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { openStorage } from '../src/bff/storage/open.js';
import { freePort } from './support/free-port.js';
import { listen } from './support/hostile/listen.js';
import { run } from './support/parlour-process.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey } from './support/parlour.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';
import { startSentinels, type Watched } from './support/redis-sentinel.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { AS_USER, USERS } from './support/redis-user.js';

const SECRET = 'the-password-of-the-tests';

/** What it ends with; nothing in it, and nothing behind it, holds the password. */
async function problemOf(url: string): Promise<string> {
  const error: unknown = await openStorage(url).then(
    async storage => {
      await storage.close();
      return new Error('it opened');
    },
    (problem: unknown) => problem,
  );
  if (!(error instanceof Error)) throw new Error('no error');
  const { cause } = error;
  const everything = [error.message, error.stack, cause instanceof Error ? `${cause.message}${cause.stack}` : cause];
  expect(everything.join()).not.toContain(SECRET);
  return error.message;
}

describe('a storage at one server', () => {
  let redis: RedisServer;
  const at = (user: string, path = '') => `redis://${user}127.0.0.1:${redis.port}${path}`;

  beforeAll(async () => {
    redis = await startRedis({ lines: [USERS.server, `user other on >${SECRET} ~* &* +@all`] });
  });
  afterAll(() => redis.close());

  it('that nobody listens at says so', async () => {
    const port = await freePort();
    expect(await problemOf(`redis://other:${SECRET}@127.0.0.1:${port}`)).toContain(
      `can’t be reached: 127.0.0.1:${port}`,
    );
    expect(await problemOf(`redis://other:${SECRET}@nowhere.invalid`)).toContain('nowhere.invalid');
  });

  it.each(['parlour', 'nobody'])(
    'S3: a wrong password, or a user that isn’t there, is said to be that: %s',
    async user => {
      const problem = await problemOf(at(`${user}:${SECRET}@`));
      expect(problem).toMatch(/refuses: it doesn’t know the user, or not with that password \(WRONGPASS/);
    },
  );

  it('S3: no password where one is wanted is said to be that', async () => {
    const locked = await startRedis({ lines: [`requirepass ${SECRET}`] });
    expect(await problemOf(locked.url)).toContain('refuses: it wants a user and a password (NOAUTH');
    expect(await problemOf(`redis://:${SECRET}@127.0.0.1:${locked.port}`)).toBe('it opened');
    await locked.close();
  });

  it('a database that isn’t there is said to be that', async () => {
    expect(await problemOf(at(`other:${SECRET}@`, '/99'))).toContain('DB index is out of range');
  });

  const rights = USERS.server.match(/\+\S+/g) ?? [];
  it.each(rights.filter(right => right !== '+config|get'))('names the page when the user lacks %s', async right => {
    expect(rights.length).toBeGreaterThan(15);
    await redis.command('ACL', 'SETUSER', 'parlour', right.replace('+', '-'));
    const problem = await problemOf(at(AS_USER));
    await redis.command('ACL', 'SETUSER', 'parlour', right);
    expect(problem).toMatch(/refuses: the user lacks a right that docs\/deployment\.md lists/);
  });

  it('R7: says at the start that it takes no writes for the moment, and goes on', async () => {
    const dangers: string[] = [];
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    const observer = { danger: (reason: string) => void dangers.push(reason), ...silent };
    const storage = await openStorage(redis.url, { observer });
    expect(dangers.join()).toContain('its memory is full, and it may evict nothing');
    await expect(storage.put('{a}:session', Buffer.from('x'), 1000)).rejects.toThrow(/its memory is full/);
    expect(await storage.get('{a}:session')).toBeUndefined();
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await storage.put('{a}:session', Buffer.from('x'), 1000);
    await storage.close();
  });
});

const silent = { lost: () => undefined, recovered: () => undefined, unconfirmed: () => undefined };

describe('what isn’t the server that the URL says', () => {
  let redis: RedisServer;
  let replica: RedisServer;
  let cluster: RedisCluster;
  let watched: Watched;

  beforeAll(async () => {
    redis = await startRedis();
    replica = await startRedis({ lines: [`replicaof 127.0.0.1 ${redis.port}`] });
    cluster = await startRedisCluster();
    watched = await startSentinels();
  }, 90_000);
  afterAll(async () => {
    for (const server of [redis, replica, cluster, watched]) await server.close();
  });

  it.each<[string, () => string, string]>([
    ['redis:// to a cluster', () => cluster.nodes[0]?.url ?? '', 'is a node of a cluster: write redis+cluster://'],
    ['redis:// to a sentinel', () => watched.sentinels[0]?.url ?? '', 'is a sentinel: write redis+sentinel://'],
    ['redis:// to a replica', () => replica.url, 'is a replica'],
    ['redis+cluster:// to a server', () => `redis+cluster://127.0.0.1:${redis.port}`, 'is a server on its own'],
    ['redis+sentinel:// to a server', () => `redis+sentinel://127.0.0.1:${redis.port}/x`, 'is a server on its own'],
    ['another name', () => watched.url.replace('/parlour/', '/another/'), 'knows no primary named another'],
    ['a sentinel’s wrong password', () => watched.url.replace(/_password=\w+/, `_password=${SECRET}`), 'WRONGPASS'],
    ['a wrong password', () => watched.url.replace(AS_USER, `parlour:${SECRET}@`), 'WRONGPASS'],
  ])('%s ends with what to write instead', async (_, url, problem) => {
    expect(await problemOf(url())).toContain(problem);
  });

  it.each(['+asking', '+cluster|slots'])('a user of a cluster who lacks %s is told', async right => {
    await cluster.command('ACL', 'SETUSER', 'parlour', right.replace('+', '-'));
    const problem = await problemOf(cluster.url);
    await cluster.command('ACL', 'SETUSER', 'parlour', right);
    expect(problem).toContain('the user lacks a right');
  });
});

describe('something that isn’t Redis 7', () => {
  let stub: Server;
  const urlOf = async (answer: string | undefined) => {
    stub = createServer(socket => {
      socket.on('error', () => undefined);
      socket.on('data', () => answer !== undefined && socket.write(answer));
    });
    return `redis://other:${SECRET}@127.0.0.1:${await listen(stub)}`;
  };
  const greeting = (version: string) =>
    `%4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$${version.length}\r\n${version}\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n`;

  it.each<[string, string | undefined, RegExp]>([
    ['Redis 6', greeting('6.2.14'), /is redis 6\.2\.14, and it has to be Redis 7 or Valkey, or newer/],
    [
      'S3: Redis 5, which repeats what it doesn’t know',
      `-ERR unknown command \`HELLO\`, with args beginning with: \`3\`, \`AUTH\`, \`other\`, \`${SECRET}\`, \r\n`,
      /it is older than Redis 7 \(ERR unknown command `HELLO`\)/,
    ],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', /can’t be reached: 127\.0\.0\.1:\d+: Unknown RESP type/],
    ['one that says nothing', undefined, /no answer within 3000 ms/],
  ])('%s is refused', async (_, answer, problem) => {
    expect(await problemOf(await urlOf(answer))).toMatch(problem);
    await new Promise(resolve => stub.close(resolve));
  });
});

it('S3: the server’s start ends with what is wrong, exit code 1 and no password', async () => {
  const port = await freePort();
  const { ended, stderr, stdout } = run({
    PUBLIC_URL: 'http://localhost:3000',
    ISSUER: 'http://127.0.0.1:1',
    CLIENT_ID,
    CLIENT_SECRET,
    SESSION_KEYS: randomKey(),
    STORAGE_URL: `redis://other:${SECRET}@127.0.0.1:${port}`,
  });
  expect(await ended).toMatchObject({ code: 1 });
  expect(stderr.at(-1)).toMatch(/^Parlour can’t start: Redis can’t be reached: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  expect([...stderr, ...stdout].join()).not.toContain(SECRET);
});
