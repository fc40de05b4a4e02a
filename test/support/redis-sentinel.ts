import { until } from './parlour.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { AS_SENTINEL_USER, AS_USER, USERS } from './redis-user.js';

export interface Watched {
  url: string;
  servers: RedisServer[];
  sentinels: RedisServer[];
  primary(): Promise<RedisServer>;
  close(): Promise<void>;
}

const NAME = 'parlour';

/** Two servers and three sentinels that watch them. A failover takes some two seconds. Its URL names users with no more rights than needed. */
export async function startSentinels(): Promise<Watched> {
  const first = await startRedis({ lines: [USERS.database] });
  const second = await startRedis({ lines: [`replicaof 127.0.0.1 ${first.port}`, USERS.database] });
  const lines = [
    `sentinel monitor ${NAME} 127.0.0.1 ${first.port} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 4000`,
    USERS.sentinel,
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedis({ lines, mode: 'sentinel' })));
  const servers = [first, second];
  await until('the sentinels know each other and the replica', async () => {
    const infos = await Promise.all(sentinels.map(sentinel => sentinel.command('INFO', 'sentinel')));
    return infos.every(info => /slaves=1,sentinels=3/.test(String(info)));
  });
  return {
    url: `redis+sentinel://${AS_USER}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join()}/${NAME}/1?${AS_SENTINEL_USER}`,
    servers,
    sentinels,
    primary: () => primaryOf(servers, sentinels),
    close: async () => void (await Promise.all([...servers, ...sentinels].map(server => server.close()))),
  };
}

async function primaryOf(servers: RedisServer[], [sentinel]: RedisServer[]): Promise<RedisServer> {
  const [, port]: unknown[] = Object(await sentinel?.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME));
  const primary = servers.find(server => server.port === Number(port));
  if (!primary) throw new Error('the sentinels know no primary');
  return primary;
}
