import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../stage/api.ts';
import type { AuthorizationServer } from '../stage/authorization-server.ts';
import { deploymentOf, startInstance } from '../stage/instance.ts';
import { type LoginServer, startLoginServer } from '../stage/logins.ts';
import { temporaryFolder } from '../stage/processes.ts';
import { startRedis } from '../stage/redis-server.ts';

/** A storage of its own, with a server on it. */
export interface Store {
  server: LoginServer;
  /** On the disk, or in Redis' memory. */
  bytes: () => Promise<number>;
  /** Milliseconds until one more server on it is ready. */
  startAnother?: () => Promise<number>;
  close: () => Promise<void>;
}

export async function openEmbeddedStore(authorizationServer: AuthorizationServer, api: Api): Promise<Store> {
  const folder = temporaryFolder();
  const deployment = deploymentOf(authorizationServer, api, `file:${folder}`);
  const server = await startLoginServer(deployment);
  return {
    server,
    // what is allocated: the file may have holes
    bytes: async () => statSync(join(folder, 'storage.mdb')).blocks * 512,
    startAnother: async () => {
      const began = performance.now();
      const { stop } = await startInstance(deployment);
      const took = performance.now() - began;
      await stop();
      return took;
    },
    close: () => server.stop(),
  };
}

export async function openRedisStore(authorizationServer: AuthorizationServer, api: Api): Promise<Store> {
  const redis = await startRedis();
  const server = await startLoginServer(deploymentOf(authorizationServer, api, redis.url));
  return {
    server,
    bytes: () => redis.usedMemory(),
    close: async () => {
      await server.stop();
      await redis.stop();
    },
  };
}
