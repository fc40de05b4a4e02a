import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { registeredService } from '../src/development/authlete-registration.js';
import { freePort } from './support/free-port.js';
import { temporaryDirectory, until } from './support/parlour.js';

// The endpoints alone, built, as an operator runs them (`npm run start:authlete:prod`).

const MAIN = resolve('dist/authlete/main.js');
const ACCOUNTS = `
export const accounts = { authenticate: async () => undefined, find: async () => undefined };
`;
const folder = temporaryDirectory();
writeFileSync(join(folder, 'accounts.mjs'), ACCOUNTS);
writeFileSync(join(folder, 'nobody.mjs'), 'export const people = [];');

let emulator: RunningEmulator;
let running: ChildProcess | undefined;
beforeAll(async () => {
  emulator = await startAuthleteEmulator({ port: 0 });
});
afterEach(() => void running?.kill('SIGKILL'));
afterAll(() => emulator.close());

function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', chunk => (said.stdout += String(chunk)));
  child.stderr.on('data', chunk => (said.stderr += String(chunk)));
  const ended = once(child, 'close').then(([code]): number | null => code);
  return { child, said, ended };
}

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
    const { child, said, ended } = start(environment);
    await until('it listens', () => said.stdout.includes('listens on') || child.exitCode !== null);
    const metadata = await fetch(environment.AS_ISSUER + ENDPOINTS.openidConfiguration);
    expect(await metadata.json()).toMatchObject({ issuer: environment.AS_ISSUER });
    const pushed = await fetch(environment.AS_ISSUER + ENDPOINTS.pushedAuthorizationRequest, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'nobody', client_secret: 'secret-of-a-client' }),
    });
    expect(pushed.status).toBe(401);
    child.kill('SIGTERM');
    expect([await ended, said.stderr]).toEqual([0, '']);
    const lines = said.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) expect(line).toMatchObject({ time: expect.any(String), level: expect.any(String) });
    const dangers = lines.filter(({ event }) => event === 'configuration_danger');
    expect(dangers.map(({ setting }) => setting)).toEqual(['AUTHLETE_TOKN', 'AS_ACCOUNTS_MODULE']);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'authlete_called', api: 'pushed_auth_req' }));
    const { AUTHLETE_ACCESS_TOKEN, AS_COOKIE_KEYS } = environment;
    for (const secret of [AUTHLETE_ACCESS_TOKEN, AS_COOKIE_KEYS, 'mistyped-secret', 'secret-of-a-client'])
      expect(said.stdout).not.toContain(secret);
  });

  it('E14: an empty environment lists everything at once, with exit code 1 and no stack trace', async () => {
    const { said, ended } = start({ NODE_ENV: 'production' });
    expect([await ended, said.stdout]).toEqual([1, '']);
    for (const name of [
      'AUTHLETE_BASE_URL',
      'AUTHLETE_ACCESS_TOKEN',
      'AS_ISSUER',
      'AS_COOKIE_KEYS',
      'AS_ACCOUNTS_MODULE',
    ])
      expect(said.stderr.split('\n').filter(line => line.startsWith(`- ${name} is missing`))).toHaveLength(1);
    expect(said.stderr).not.toMatch(/\n\s+at |node_modules|dist\//);
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
    const { said, ended } = start(await whole(changes));
    expect(await ended).toBe(1);
    expect(said.stderr).toContain(reason);
    expect(said.stderr).not.toMatch(/\n\s+at |of-another/);
  });

  it('E13: they start while Authlete is away, and say that nothing was compared', async () => {
    const environment = await whole({ AUTHLETE_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const { child, said, ended } = start(environment);
    await until('it listens', () => said.stdout.includes('listens on') || child.exitCode !== null);
    expect(said.stdout).toContain('"event":"service_unchecked"');
    const metadata = await fetch(environment.AS_ISSUER + ENDPOINTS.openidConfiguration);
    expect([metadata.status, await metadata.json()]).toEqual([
      503,
      { error: 'temporarily_unavailable', error_description: expect.any(String) },
    ]);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
