import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { listen } from './support/hostile-authorization-server.js';
import { freePort } from './support/free-port.js';
import { temporaryDirectory, until } from './support/parlour.js';

// `npm start` as a process, in an empty folder. It doesn't listen on the ports of development, which may be in use beside the tests.

const MAIN = resolve('dist/main.development.js');
const OWN_CLIENT = {
  ISSUER: 'http://127.0.0.1:1',
  CLIENT_ID: 'my-app',
  CLIENT_SECRET: 'a-secret-of-my-own-for-my-app_4711',
};

interface Started {
  child: ChildProcess;
  folder: string;
  output: () => string;
  /** Exit code and everything that was said. */
  ended: Promise<{ code: number | null; said: string }>;
}

function start(environment: Record<string, string>, folder = temporaryDirectory()): Started {
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { SPA_DIR: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code, said }));
  return { child, folder, output: () => said, ended };
}

const freePorts = async () => ({ PORT: String(await freePort()), MANAGEMENT_PORT: String(await freePort()) });

describe('npm start', () => {
  it('says last where to go, keeps its secrets for their owner alone, and ends on SIGTERM', async () => {
    const ports = await freePorts();
    const { child, folder, output, ended } = start({ ...OWN_CLIENT, ...ports });
    await until('it is ready', () => output().includes('Ctrl-C stops it.\n'));
    expect(output()).toContain(`Parlour is ready: open http://localhost:${ports.PORT}\n`);
    expect(output().trimEnd().endsWith('Ctrl-C stops it.')).toBe(true);
    const page = await fetch(`http://localhost:${ports.PORT}/session`, { headers: { 'X-CSRF': '1' } });
    expect(await page.json()).toEqual({ authenticated: false });
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'data/development-secrets.json')).mode & 0o777).toBe(0o600);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('keeps its secrets over a restart, and says what to do when their file is broken', async () => {
    const folder = temporaryDirectory();
    const refused = { ...OWN_CLIENT, PORT: 'none' };
    await start(refused, folder).ended;
    const file = join(folder, 'data/development-secrets.json');
    const first = readFileSync(file, 'utf8');
    await start(refused, folder).ended;
    expect(readFileSync(file, 'utf8')).toBe(first);
    writeFileSync(file, first.slice(1));
    const { code, said } = await start(refused, folder).ended;
    expect([code, said]).toEqual([
      1,
      'Parlour can’t start: data/development-secrets.json can’t be read. Delete it, and the next start makes new secrets.\n',
    ]);
  });

  it('names the port that is taken, and the variable that chooses another', async () => {
    const server = createServer();
    const PORT = String(await listen(server));
    const { code, said } = await start({ ...OWN_CLIENT, ...(await freePorts()), PORT }).ended;
    server.close();
    expect(code).toBe(1);
    expect(said).toContain(
      `Parlour can’t start: it can’t listen on 127.0.0.1:${PORT} (PORT): another program listens there\n`,
    );
  });

  it('lends its demo client to no other authorization server', async () => {
    const { code, said } = await start({ ISSUER: 'https://login.example.org' }).ended;
    expect(code).toBe(1);
    expect(said).toContain('- CLIENT_ID is missing\n- CLIENT_SECRET is missing\n');
  });

  it('refuses NODE_ENV=production before it writes anything', async () => {
    const { folder, ended } = start({ NODE_ENV: 'production' });
    const { code, said } = await ended;
    expect(code).toBe(1);
    expect(said).toContain('refuse to run with NODE_ENV=production');
    expect(() => statSync(join(folder, 'data'))).toThrow('ENOENT');
  });
});
