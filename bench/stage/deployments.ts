import type { Api } from './api.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { deploymentOf, type Instance, startInstance } from './instance.ts';
import { type LoginServer, startLoginServer } from './logins.ts';
import { temporaryFolder } from './processes.ts';
import type { RedisServer } from './redis-server.ts';
import { type RedisRelay, startRedisRelay } from './redis-relay.ts';

/** Four servers on one storage, and one more at which people log in. */
export interface Servers {
  backend: 'embedded' | 'Redis';
  logins: LoginServer;
  instances: Instance[];
  /** Between the four and Redis. */
  relay?: RedisRelay;
  /** A session that nobody has had yet. */
  nextNumber: () => number;
}

const INSTANCES = 4;

export async function startServers(
  authorizationServer: AuthorizationServer,
  api: Api,
  redis?: RedisServer,
): Promise<Servers> {
  const storage = redis ? redis.url : `file:${temporaryFolder()}`;
  const deployment = deploymentOf(authorizationServer, api, storage);
  const relay = redis && (await startRedisRelay(redis.port));
  const behind = { ...deployment, STORAGE_URL: relay?.url ?? storage };
  const logins = await startLoginServer(deployment);
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => startInstance(behind)));
  let next = 0;
  const backend = redis ? 'Redis' : 'embedded';
  return { backend, logins, instances, ...(relay && { relay }), nextNumber: () => next++ };
}

/** A new session: its number and its cookie. */
export async function logIn(
  { logins, nextNumber }: Servers,
  expired = false,
): Promise<{ number: number; cookie: string }> {
  const number = nextNumber();
  const these = { from: number, to: number + 1 };
  await logins.logIn({ ...these, expired });
  const [cookie = ''] = await logins.cookies(these);
  return { number, cookie };
}
