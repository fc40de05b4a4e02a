import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory } from './support/parlour.js';
import { type ParlourProcess, run, startProcess } from './support/parlour-process.js';
import { isLoggedIn, loggedIn } from './support/scene.js';

let hostile: Hostile;
let parlour: ParlourProcess | undefined;
beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());
afterEach(async () => {
  await parlour?.stop('SIGKILL');
});

/** The built command with the configuration of a server, and its changes. */
async function compact(changes: Record<string, string> = {}, ...options: string[]) {
  const environment = {
    PUBLIC_URL: 'http://localhost:3000',
    ISSUER: hostile.issuer,
    CLIENT_ID,
    CLIENT_SECRET,
    SESSION_KEYS: randomKey(),
    STORAGE_URL: `file:${temporaryDirectory()}/data`,
    ...changes,
  };
  const { ended, stdout, stderr } = run(environment, ['dist/compact.js', ...options]);
  const { code } = await ended;
  return { code, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}

describe('npm run compact', () => {
  it('R7: is refused while the server runs, says its sizes when it has stopped, and nobody is logged out', async () => {
    const folder = `${temporaryDirectory()}/data`;
    const file = `${folder}/storage.mdb`;
    const settings = { STORAGE_URL: `file:${folder}`, SESSION_KEYS: randomKey() };
    parlour = await startProcess(hostile.issuer, settings);
    const { port, url } = parlour;
    const [stays, another] = [await loggedIn(url), await loggedIn(url)];
    const refused = await compact(settings);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain(
      `${file} (STORAGE_URL) is open in another process. Stop every Parlour that uses it`,
    );
    expect(await isLoggedIn(stays, { url })).toBe(true);
    await parlour.stop();
    const { size } = statSync(file);
    const { code, stdout } = await compact(settings);
    const sizes = new RegExp(`${file}: ${size} bytes before, (\\d+) bytes after\\. Expired entries removed: 0\\.`).exec(
      stdout,
    );
    expect([code, Number(sizes?.[1])]).toEqual([0, statSync(file).size]);
    parlour = await startProcess(hostile.issuer, { ...settings, PORT: String(port), PUBLIC_URL: url });
    for (const browser of [stays, another]) expect(await isLoggedIn(browser, { url })).toBe(true);
    await parlour.stop();
    // its own output, whose form this test is about
    const told = JSON.parse((await compact(settings, '--json')).stdout) as Record<string, unknown>;
    expect(told).toEqual({
      ok: true,
      file,
      before: expect.any(Number),
      after: statSync(file).size,
      expired: expect.any(Number),
    });
  });

  it('says so plainly where there is no file: with Redis, and before the first start', async () => {
    const redis = await compact({ STORAGE_URL: 'redis://:secret-password@redis.example' });
    expect([redis.code, redis.stdout, redis.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/names a Redis: there is no file/),
    ]);
    expect(redis.stderr).not.toContain('secret-password');
    const { code, stdout } = await compact({}, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      { ok: false, mistakes: [expect.stringMatching(/no storage file .*data\/storage\.mdb yet: nothing to compact/)] },
    ]);
  });

  it('tells of all mistakes of the configuration, and of a wrong command line, with exit code 2', async () => {
    const { code, stderr } = await compact({ ISSUER: 'nonsense', STORAGE_URL: 'file:' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^STORAGE_URL must be .*\nISSUER must be/);
    for (const command of ['compact', 'doctor']) {
      const wrong = run({}, [`dist/${command}.js`, '--jsn']);
      expect((await wrong.ended).code).toBe(2);
      expect(wrong.stderr.join('\n')).toMatch(new RegExp(`--jsn[^]*npm run ${command}`));
      const asked = run({}, [`dist/${command}.js`, '--help']);
      expect((await asked.ended).code).toBe(0);
      expect(asked.stdout.join('\n')).toContain('-- --json  for scripts');
    }
  });
});
