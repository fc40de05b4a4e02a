import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './support/parlour.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';
import { isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';

let hostile: Hostile;
let api: RecordingApi;
let parlour: ParlourProcess | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});
afterEach(async () => {
  await parlour?.stop('SIGKILL');
});

/** Bytes that a file of this process may have: the kernel refuses more, as a full disk does (`setrlimit`, from util-linux). */
function limitFiles({ child }: ParlourProcess, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]);
}

describe('a full disk under the embedded storage', () => {
  it('R6: makes a login a 503 with Retry-After and its reason in the log; sessions live on, and with room again all goes on', async () => {
    const folder = `${temporaryDirectory()}/data`;
    const running = await startProcess(hostile.issuer, {
      STORAGE_URL: `file:${folder}`,
      API_ROUTES: `/api=${api.url}`,
      LOGIN_BURST: '1000',
      LOGIN_BURST_TOTAL: '1000',
    });
    parlour = running;
    const { url, managementUrl } = running;
    const before = [await loggedIn(url), await loggedIn(url)];
    limitFiles(running, statSync(`${folder}/storage.mdb`).size);
    const refused = await until('there is no room', async (): Promise<Hop | undefined> => {
      const browser = new HttpBrowser();
      await browser.navigate(`${url}/login`);
      const found = browser.hops.find(({ status }) => status === 503);
      if (!found) before.push(browser);
      return found;
    });
    expect(refused?.headers['retry-after']).toBe('5');
    const line = await until('it is in the log', () =>
      running.stderr.find(text => text.includes('storage_unavailable')),
    );
    expect(JSON.parse(line ?? '')).toMatchObject({
      event: 'request_failed',
      level: 'error',
      // A write that finds room for its beginning alone falls short without an errno: LMDB calls that EIO.
      reason: expect.stringMatching(/File too large|Input\/output error/),
    });
    for (const browser of before) {
      expect(await isLoggedIn(browser, { url })).toBe(true);
      expect((await script(browser, `${url}/api/orders`)).status).toBe(200);
    }
    expect((await fetch(`${managementUrl}/health/live`)).status).toBe(200);
    limitFiles(running, 'unlimited');
    const after = await loggedIn(url);
    for (const browser of [...before, after]) expect(await isLoggedIn(browser, { url })).toBe(true);
    expect(running.child.exitCode).toBe(null);
  });
});

describe('a start with an embedded storage that can’t be used', () => {
  const spoilt: [string, (folder: string) => void, RegExp][] = [
    [
      'a file that is cut short',
      folder => truncateSync(`${folder}/storage.mdb`, 10_000),
      /storage\.mdb is damaged .*move it away/,
    ],
    [
      'another kind of file',
      folder => writeFileSync(`${folder}/storage.mdb`, 'a note to myself\n'.repeat(5000)),
      /storage\.mdb is damaged .*move it away/,
    ],
  ];

  it.each(spoilt)('R6: (%s) ends at once with its path and what to do, and changes nothing', async (_, spoil, says) => {
    const folder = `${temporaryDirectory()}/data`;
    const settings = { STORAGE_URL: `file:${folder}`, SESSION_KEYS: randomKey() };
    const first = await startProcess(hostile.issuer, settings);
    await loggedIn(first.url);
    await first.stop();
    spoil(folder);
    const before = readFileSync(`${folder}/storage.mdb`);
    await expect(startProcess(hostile.issuer, settings)).rejects.toThrow(says);
    expect(readFileSync(`${folder}/storage.mdb`).equals(before)).toBe(true);
  });

  it('R6: (a file in the folder’s place) ends at once with its path and what to do', async () => {
    const folder = `${temporaryDirectory()}/data`;
    writeFileSync(folder, '');
    const started = startProcess(hostile.issuer, { STORAGE_URL: `file:${folder}` });
    await expect(started).rejects.toThrow(
      /storage folder .*\/data can't be used .* has to be a folder on a local disk/,
    );
  });
});
