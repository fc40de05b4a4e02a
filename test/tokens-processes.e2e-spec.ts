import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './support/parlour.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';
import { startRedis } from './support/redis-server.js';
import { cookieHeader, loggedIn, type RecordingApi, startRecordingApi } from './support/scene.js';

let hostile: Hostile;
let api: RecordingApi;
let processes: ParlourProcess[];

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});
beforeEach(() => {
  hostile.beHonest();
  api.requests = [];
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map(one => one.stop('SIGKILL')));
});

/** Processes of their own on one storage, and a session whose access token has expired. */
async function startWithExpiredSession(
  count: number,
  storageUrl = `file:${temporaryDirectory()}/data`,
): Promise<{ cookie: string; all: ParlourProcess[] }> {
  const shared = {
    SESSION_KEYS: randomKey(),
    STORAGE_URL: storageUrl,
    API_ROUTES: `/api=${api.url}`,
    OUTBOUND_TIMEOUT: '1',
  };
  processes = await Promise.all(Array.from({ length: count }, () => startProcess(hostile.issuer, shared)));
  const { url } = processes[0] ?? { url: '' };
  hostile.accessTokenLifetime = 1;
  const cookie = cookieHeader(await loggedIn(url), url);
  const expired = Date.now() + 1000;
  await until('the access token has expired', () => Date.now() > expired);
  hostile.accessTokenLifetime = 300;
  return { cookie, all: processes };
}

const call = ({ url }: ParlourProcess, cookie: string) =>
  fetch(`${url}/api/orders`, { headers: { cookie, 'x-csrf': '1' } });
const refreshes = () => hostile.to('token', 'refresh_token');
describe('several processes and one session', () => {
  it.each(['embedded', 'Redis'])(
    'R1: of 1,000 parallel calls to four processes one refreshes, and all of them go on with what came (%s)',
    async backend => {
      const redis = backend === 'Redis' ? await startRedis() : undefined;
      const { cookie, all } = await startWithExpiredSession(4, redis?.url);
      const answers = await Promise.all(all.flatMap(one => Array.from({ length: 250 }, () => call(one, cookie))));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(refreshes()).toHaveLength(1);
      const newest = hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value;
      expect(new Set(api.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${newest}`]));
      expect(api.requests).toHaveLength(1000);
      await redis?.close();
    },
  );

  /** The first refresh has arrived and isn't answered; then `happens` to its process, while two others wait. */
  async function whileRefreshing(happens: (holder: ParlourProcess) => void) {
    const { cookie, all } = await startWithExpiredSession(3);
    const [holder, ...others] = all;
    if (!holder) throw new Error('no process');
    const released = Promise.withResolvers<void>();
    hostile.lies = { refresh: { after: released.promise, times: 1 } };
    const first = call(holder, cookie).catch(() => undefined);
    await hostile.arrived('token', 1, 'refresh_token');
    happens(holder);
    const answers = await Promise.all(others.flatMap(one => [call(one, cookie), call(one, cookie)]));
    return { holder, first, statuses: answers.map(({ status }) => status), release: () => released.resolve() };
  }

  it('R2: after the holder was stopped (SIGSTOP) one other takes over when its lease is over, and the late one changes nothing', async () => {
    hostile.grants.reuseWindow = true;
    const { holder, first, statuses, release } = await whileRefreshing(({ child }) => child.kill('SIGSTOP'));
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(refreshes()).toHaveLength(2);
    release();
    holder.child.kill('SIGCONT');
    expect((await first)?.status).toBe(200);
    expect(refreshes()).toHaveLength(2);
    const kept = new Set(api.requests.map(({ authorization }) => authorization));
    expect(kept.size).toBe(1);
  });

  it('R2: after the holder was killed (kill -9) one other takes over when its lease is over', async () => {
    hostile.grants.reuseWindow = true;
    const { statuses, release } = await whileRefreshing(({ child }) => child.kill('SIGKILL'));
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(refreshes()).toHaveLength(2);
    release();
  });

  it('R2: where the server grants no reuse window the session ends then, for all alike, and nobody hangs', async () => {
    const { statuses, release } = await whileRefreshing(({ child }) => {
      // it has rotated, and the answer is lost
      hostile.grants.take(refreshes()[0]?.params.get('refresh_token') ?? '');
      child.kill('SIGKILL');
    });
    expect(statuses).toEqual([401, 401, 401, 401]);
    expect(refreshes()).toHaveLength(2);
    release();
  });

  it('R1: a refresh goes on when its browser is gone, and a call to another process gets what it brought', async () => {
    const { cookie, all } = await startWithExpiredSession(2);
    const [first, second] = all;
    if (!first || !second) throw new Error('no process');
    const released = Promise.withResolvers<void>();
    hostile.lies = { refresh: { after: released.promise, times: 1 } };
    const gone = new AbortController();
    const aborted = fetch(`${first.url}/api/orders`, { headers: { cookie, 'x-csrf': '1' }, signal: gone.signal });
    await hostile.arrived('token', 1, 'refresh_token');
    gone.abort();
    await expect(aborted).rejects.toThrow();
    const waiting = call(second, cookie);
    released.resolve();
    expect((await waiting).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
  });
});
