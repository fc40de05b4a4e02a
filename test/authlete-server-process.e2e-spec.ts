import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { registeredService } from '../src/development/authlete-registration.js';
import { run } from './support/command.js';
import { freePort } from './support/free-port.js';
import { temporaryDirectory } from './support/parlour.js';

/** A process takes its time to load on a busy machine. Milliseconds. */
jest.setTimeout(60_000);

// The endpoints alone, built, as an operator runs them (`npm run start:authlete:prod`).

const MAIN = resolve('dist/authlete/main.js');
const ACCOUNTS = `
export const accounts = { authenticate: async () => undefined, find: async () => undefined };
`;
const folder = temporaryDirectory();
writeFileSync(join(folder, 'accounts.mjs'), ACCOUNTS);
writeFileSync(join(folder, 'nobody.mjs'), 'export const people = [];');

let emulator: RunningEmulator;
beforeAll(async () => {
  emulator = await startAuthleteEmulator({ port: 0 });
});
afterAll(() => emulator.close());

const start = (environment: Record<string, string>) => run([MAIN], environment, folder);

/** With everything that has to be given. */
async function whole(changes: Record<string, string> = {}) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  emulator.set({ service: registeredService(issuer) });
  const { serviceId, accessToken } = emulator.credentials;
  return {
    AUTHLETE_BASE_URL: emulator.url,
    AUTHLETE_SERVICE_ID: serviceId,
    AUTHLETE_ACCESS_TOKEN: accessToken,
    AS_ISSUER: issuer,
    AS_PORT: String(port),
    AS_COOKIE_KEYS: randomBytes(32).toString('base64url'),
    AS_ACCOUNTS_MODULE: 'accounts.mjs',
    ...changes,
  };
}

describe('the endpoints alone', () => {
  it('E12: start, print one JSON object a line without a secret, serve, and end on SIGTERM with code 0', async () => {
    const environment = await whole({ NODE_ENV: 'production', LOG_LEVEL: 'debug', AUTHLETE_TOKN: 'mistyped-secret' });
    const { child, stdout, stderr, says, ended } = start(environment);
    await says('listens on');
    const metadata = await fetch(environment.AS_ISSUER + ENDPOINTS.openidConfiguration);
    expect(await metadata.json()).toMatchObject({ issuer: environment.AS_ISSUER });
    const pushed = await fetch(environment.AS_ISSUER + ENDPOINTS.pushedAuthorizationRequest, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'nobody', client_secret: 'secret-of-a-client' }),
    });
    expect(pushed.status).toBe(401);
    child.kill('SIGTERM');
    expect([await ended, stderr()]).toEqual([0, '']);
    const lines = stdout()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) expect(line).toMatchObject({ time: expect.any(String), level: expect.any(String) });
    const dangers = lines.filter(({ event }) => event === 'configuration_danger');
    expect(dangers.map(({ setting }) => setting)).toEqual(['AUTHLETE_TOKN', 'AS_ACCOUNTS_MODULE']);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'authlete_called', api: 'pushed_auth_req' }));
    const { AUTHLETE_ACCESS_TOKEN, AS_COOKIE_KEYS } = environment;
    for (const secret of [AUTHLETE_ACCESS_TOKEN, AS_COOKIE_KEYS, 'mistyped-secret', 'secret-of-a-client'])
      expect(stdout()).not.toContain(secret);
  });

  it('E14: an empty environment lists everything at once, with exit code 1 and no stack trace', async () => {
    const { stdout, stderr, ended } = start({ NODE_ENV: 'production' });
    expect([await ended, stdout()]).toEqual([1, '']);
    for (const name of [
      'AUTHLETE_BASE_URL',
      'AUTHLETE_ACCESS_TOKEN',
      'AS_ISSUER',
      'AS_COOKIE_KEYS',
      'AS_ACCOUNTS_MODULE',
    ])
      expect(
        stderr()
          .split('\n')
          .filter(line => line.startsWith(`- ${name} is missing`)),
      ).toHaveLength(1);
    expect(stderr()).not.toMatch(/\n\s+at |node_modules|dist\//);
  });

  it.each([
    [
      'E14: a module without accounts',
      { AS_ACCOUNTS_MODULE: 'nobody.mjs' },
      '- AS_ACCOUNTS_MODULE must export accounts',
    ],
    ['E13: a service about another server', { AS_ISSUER: 'https://as.example.org' }, '- issuer is "http://'],
    ['a credential of another service', { AUTHLETE_ACCESS_TOKEN: 'of-another' }, 'service/configuration'],
  ])('%s: they say so, and end with code 1', async (_, changes, reason) => {
    const { stderr, ended } = start(await whole(changes));
    expect(await ended).toBe(1);
    expect(stderr()).toContain(reason);
    expect(stderr()).not.toMatch(/\n\s+at |of-another/);
  });

  it('E13: they start while Authlete is away, and say that nothing was compared', async () => {
    const environment = await whole({ AUTHLETE_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const { child, stdout, says, ended } = start(environment);
    await says('listens on');
    expect(stdout()).toContain('"event":"service_unchecked"');
    const metadata = await fetch(environment.AS_ISSUER + ENDPOINTS.openidConfiguration);
    expect([metadata.status, await metadata.json()]).toEqual([
      503,
      { error: 'temporarily_unavailable', error_description: expect.any(String) },
    ]);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
