import { type Group, leftOut, type Row } from '../report.ts';
import type { Settings } from '../settings.ts';
import { startApi } from '../stage/api.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { type Servers, startServers } from '../stage/deployments.ts';
import { startRedis } from '../stage/redis-server.ts';
import { measureManySessions } from './many-sessions.ts';
import { measureProxiedCalls } from './proxied-calls.ts';
import { measureRefreshStorm } from './refresh-storm.ts';
import { measureRevocation } from './revocation.ts';
import { openEmbeddedStore, openRedisStore, type Store } from './store.ts';

/** Sessions in both storages: how many, how fast, and what they cost. */
export async function measureSessions(settings: Settings): Promise<Group> {
  const [authorizationServer, api] = [await startAuthorizationServer(), await startApi()];
  const redis = await startRedis().catch((error: unknown) => reasonOf(error));
  const rows: Row[] = [];
  const measure = async (what: string, work: () => Promise<Row[]>) => {
    console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
    rows.push(...(await work().catch((error: unknown) => [leftOut(what, reasonOf(error))])));
  };
  const overRedis = (what: string, work: () => Promise<Row[]>) =>
    typeof redis === 'string' ? void rows.push(leftOut(what, redis)) : measure(what, work);

  const embedded = await startServers(authorizationServer, api);
  const inRedis = typeof redis === 'string' ? undefined : await startServers(authorizationServer, api, redis);
  const all = [embedded, ...(inRedis ? [inRedis] : [])];
  await measure('refresh storm', () => measureRefreshStorm(all, authorizationServer, settings));
  await measure('revocation', () => measureRevocation(all, authorizationServer, settings.rounds));
  if (inRedis) await measure('proxied calls', () => measureProxiedCalls(embedded, inRedis, settings));
  else for (const what of ['refresh storm', 'revocation', 'proxied calls']) await overRedis(`${what} (Redis)`, none);
  for (const servers of all) await stop(servers);

  const stores = (open: () => Promise<Store>, backend: Servers['backend']) => () =>
    measureManySessions(backend, open, settings);
  await measure(
    'many sessions (embedded)',
    stores(() => openEmbeddedStore(authorizationServer, api), 'embedded'),
  );
  await overRedis(
    'many sessions (Redis)',
    stores(() => openRedisStore(authorizationServer, api), 'Redis'),
  );
  authorizationServer.close();
  api.close();
  if (typeof redis === 'string') return { rows, versions: {} };
  await redis.stop();
  return { rows, versions: { Redis: redis.version } };
}

const none = async (): Promise<Row[]> => [];

async function stop({ logins, instances, relay }: Servers): Promise<void> {
  relay?.close();
  await Promise.all([logins, ...instances].map(instance => instance.stop()));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
