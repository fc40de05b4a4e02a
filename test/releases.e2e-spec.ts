import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './support/parlour.js';
import { MAIN, type ParlourProcess, startProcess } from './support/parlour-process.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';

const root = join(import.meta.dirname, '..');
let hostile: Hostile;
let api: RecordingApi;
let redis: RedisServer | undefined;
let processes: ParlourProcess[] = [];

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});
afterEach(async () => {
  await Promise.all(processes.map(one => one.stop('SIGKILL')));
  processes = [];
  await redis?.close();
  redis = undefined;
});

/** The build with the one difference that another release would have: it writes and reads records of the next format. */
function nextRelease(): string {
  const folder = temporaryDirectory();
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  const records = join(folder, 'dist/bff/storage/sealed-records.js');
  const text = readFileSync(records, 'utf8');
  const changed = text.replace('const FORMAT = 1;', 'const FORMAT = 2;');
  expect(changed).not.toBe(text);
  writeFileSync(records, changed);
  return join(folder, MAIN);
}

const saysFormat = ({ stdout }: ParlourProcess) => stdout.filter(line => line.includes('"unknown_format"'));

describe('two releases whose records differ, on one storage', () => {
  it.each(['embedded', 'Redis'])(
    'R8: each reads its own, and the other’s as no session, which it says and leaves as it is (%s)',
    async backend => {
      if (backend === 'Redis') redis = await startRedis();
      const settings = {
        STORAGE_URL: redis?.url ?? `file:${temporaryDirectory()}/data`,
        SESSION_KEYS: randomKey(),
        API_ROUTES: `/api=${api.url}`,
      };
      const older = await startProcess(hostile.issuer, settings);
      const newer = await startProcess(hostile.issuer, settings, nextRelease());
      processes = [older, newer];
      const [ofOlder, ofNewer] = [await loggedIn(older.url), await loggedIn(newer.url)];
      for (const [own, browser, other, format] of [
        [older, ofOlder, newer, '1'],
        [newer, ofNewer, older, '2'],
      ] as const) {
        const elsewhere = browser.clone();
        for (const { name, value } of browser.cookies(own.url)) {
          elsewhere.setCookie(other.url, `${name}=${value}; Secure; HttpOnly; Path=/; SameSite=Strict`);
        }
        expect(await isLoggedIn(elsewhere, other)).toBe(false);
        const call = await script(elsewhere, `${other.url}/api/orders`);
        expect([call.status, call.json()['code']]).toEqual([401, 'not_authenticated']);
        await until('it is said', () => saysFormat(other).length > 0);
        expect(saysFormat(other)[0]).toContain(`"format":"${format}"`);
        expect(await isLoggedIn(browser, own)).toBe(true);
        expect((await script(browser, `${own.url}/api/orders`)).status).toBe(200);
        expect(saysFormat(other)).toHaveLength(1);
      }
    },
  );
});
