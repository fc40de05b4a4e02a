import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, startParlour, temporaryDirectory, until } from './support/parlour.js';
import { isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';

const root = join(import.meta.dirname, '..');
let hostile: Hostile;
let api: RecordingApi;
let environment: Record<string, string>;
const url = () => environment['PUBLIC_URL'] ?? '';

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});
beforeEach(async () => {
  hostile.beHonest();
  const port = String(await freePort());
  environment = {
    PORT: port,
    PUBLIC_URL: `http://localhost:${port}`,
    SESSION_KEYS: randomKey(),
    STORAGE_URL: `file:${join(temporaryDirectory(), 'data')}`,
    API_ROUTES: `/api=${api.url}`,
  };
});

/** The server as operators run it, in a process that can be killed. */
async function startProcess(): Promise<ChildProcess> {
  const client = { ISSUER: hostile.issuer, CLIENT_ID, CLIENT_SECRET, MANAGEMENT_PORT: '0' };
  const child = spawn(process.execPath, ['--import', './test/support/typescript.mjs', 'src/main.ts'], {
    cwd: root,
    env: { ...environment, ...client },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the server has ended')));
  exited.catch(() => undefined);
  const listening = until('the server listens', () =>
    fetch(`${url()}/session`).then(
      () => true,
      () => false,
    ),
  );
  await Promise.race([listening, exited]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('kill -9', () => {
  it('R7: loses no session, no rotated refresh token and no logout that was acknowledged', async () => {
    hostile.accessTokenLifetime = 1;
    const first = await startProcess();
    const [stays, leaves] = [await loggedIn(url()), await loggedIn(url())];
    const left = leaves.clone();
    await until('the token was refreshed', async () => {
      await script(stays, `${url()}/api/orders`);
      return hostile.count('token', 'refresh_token') > 0;
    });
    await script(leaves, `${url()}/logout`, { method: 'POST' });
    await kill(first);
    const second = await startProcess();
    expect(await isLoggedIn(stays, { url: url() })).toBe(true);
    expect((await script(stays, `${url()}/api/orders`)).status).toBe(200);
    expect(await isLoggedIn(left, { url: url() })).toBe(false);
    await kill(second);
  });
});

describe('a graceful restart', () => {
  it('R3: stores what a refresh brings whose browser has gone, before the storage closes', async () => {
    hostile.accessTokenLifetime = 1;
    const first = await startParlour(hostile.issuer, environment);
    const browser = await loggedIn(url(), new HttpBrowser());
    const released = Promise.withResolvers<void>();
    hostile.lies = { refresh: { after: released.promise, times: 1 } };
    const gone = new AbortController();
    const waiting = until('a refresh is under way', async () => {
      await script(browser, `${url()}/api/orders`, { signal: gone.signal });
      return false;
    });
    await hostile.arrived('token', 1, 'refresh_token');
    gone.abort();
    await expect(waiting).rejects.toThrow();
    const closed = first.close();
    released.resolve();
    await closed;
    const second = await startParlour(hostile.issuer, environment);
    await until('the new token is due', async () => {
      await script(browser, `${url()}/api/orders`);
      return hostile.count('token', 'refresh_token') > 1;
    });
    expect((await script(browser, `${url()}/api/orders`)).status).toBe(200);
    expect(second.events('refresh_failed')).toEqual([]);
    await second.close();
  });
});
