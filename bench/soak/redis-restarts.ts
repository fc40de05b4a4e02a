import { setTimeout as delay } from 'node:timers/promises';
import { freePort, temporaryFolder } from '../stage/processes.ts';
import { type RedisServer, startRedis } from '../stage/redis-server.ts';

/** Milliseconds between two restarts, and that it's away. */
const EVERY = 60_000;
const AWAY = 2000;

/** A Redis that keeps what it has, and isn't always there. */
export async function startRestartedRedis() {
  const place = { port: await freePort(), folder: temporaryFolder() };
  let redis: RedisServer = await startRedis(place);
  return {
    url: redis.url,
    version: redis.version,
    /** Restarts it again and again for so long, ending well before the end, and says how often. */
    restartFor: async (milliseconds: number) => {
      const pause = Math.min(EVERY, milliseconds / 3);
      let times = 0;
      for (let at = pause; at + AWAY < milliseconds; at += pause) {
        await delay(pause - (times > 0 ? AWAY : 0));
        await redis.stop();
        await delay(AWAY);
        redis = await startRedis(place);
        times++;
      }
      return times;
    },
    stop: () => redis.stop(),
  };
}
