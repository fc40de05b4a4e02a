import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './support/parlour.js';

const run = promisify(execFile);
const app = temporaryDirectory();
const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  string,
  Record<string, string>
>;

interface Packed {
  filename: string;
  files: { path: string }[];
}

let hostile: Hostile;
let packed: Packed;

/** The tarball as it would be published, installed as a stranger does, next to what `nest new` brings. */
beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app]);
  packed = firstOf(JSON.parse(stdout) as Packed[]);
  const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];
  const versions = { ...devDependencies, ...dependencies };
  const wanted = [...nest, '@types/node', '@types/express'].map(name => [name, versions[name]]);
  writeJson('package.json', {
    type: 'module',
    private: true,
    dependencies: { ...Object.fromEntries(wanted), parlour: `file:./${packed.filename}` },
  });
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: app });
}, 120_000);
afterAll(() => hostile.close());

function firstOf<T>([first]: T[]): T {
  if (first === undefined) throw new Error('nothing was packed');
  return first;
}

function writeJson(name: string, content: object): void {
  writeFileSync(join(app, name), JSON.stringify(content));
}

/** All that an adopter writes. */
const source = (port: number, options: object) => `
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BffModule } from 'parlour';

@Module({ imports: [BffModule.forRoot(${JSON.stringify(options)})] })
class AppModule {}

const app = await NestFactory.create(AppModule, { bodyParser: false });
await app.listen(${port}, '127.0.0.1');
`;

/** As \`nest new\` sets it up, but strict. */
const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  outDir: 'dist',
  rootDir: '.',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

/** The compiler's words, empty when it is content. */
async function compile(sources: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(app, name), text);
  writeJson('tsconfig.json', { compilerOptions, files: Object.keys(sources) });
  const compiler = [resolve('node_modules/typescript/bin/tsc'), '-p', '.'];
  return run(process.execPath, compiler, { cwd: app }).then(
    () => '',
    (error: unknown) =>
      typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error),
  );
}

describe('the package', () => {
  it('holds what is needed to run and to read, and nothing of the development servers', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ['dist/main.js', 'dist/bff/index.js', 'dist/bff/index.d.ts', 'docs/contract.md', 'README.md'])
      expect(paths).toContain(path);
    expect(
      paths.filter(path => /(^|\/)(dev|test|src|node_modules|client-demo)\/|\.map$|\.ts$(?<!\.d\.ts)/.test(path)),
    ).toEqual([]);
  });

  it('names an export for everything that it is used by', async () => {
    const names = 'BffModule CsrfGuard ErrorFilter SessionGuard CurrentUser AccessToken BffError OptionsError'.split(
      ' ',
    );
    const { stdout } = await run(process.execPath, ['-e', 'console.log(Object.keys(await import("parlour")).join())'], {
      cwd: app,
    });
    expect(stdout.trim().split(',')).toEqual(expect.arrayContaining(names));
  });

  it('ten lines make a Nest application that logs in', async () => {
    const port = await freePort();
    const publicUrl = `http://localhost:${port}`;
    const options = {
      publicUrl,
      issuer: hostile.issuer,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      storageUrl: 'file:./data',
      keys: [randomKey()],
    };
    expect(await compile({ 'main.ts': source(port, options) })).toBe('');
    const child = spawn(process.execPath, ['dist/main.js'], { cwd: app, stdio: 'ignore' });
    const header = { 'X-CSRF': '1' };
    await until('the application answers', () =>
      fetch(`${publicUrl}/session`, { headers: header }).then(
        ({ ok }) => ok,
        () => child.exitCode !== null,
      ),
    );
    const browser = new HttpBrowser();
    await browser.navigate(`${publicUrl}/login?return_to=/orders`);
    expect(browser.url).toBe(`${publicUrl}/orders`);
    const session = await browser.fetch(`${publicUrl}/session`, { headers: header });
    expect(session.json()).toMatchObject({ authenticated: true, user: { sub: 'alice' } });
    child.kill();
    await once(child, 'exit');
  }, 60_000);

  it('its types refuse an option that isn’t there, one of another type and a missing one', async () => {
    const good = { publicUrl: 'x', issuer: 'x', clientId: 'x', clientSecret: 'x', storageUrl: 'x', keys: ['x'] };
    const { issuer: _issuer, ...missing } = good;
    const said = await compile({
      'unknown.ts': source(0, { ...good, sessionIdelTimeout: 1 }),
      'wrong.ts': source(0, { ...good, par: 'sometimes' }),
      'missing.ts': source(0, missing),
    });
    for (const name of ['unknown', 'wrong', 'missing'])
      expect(said).toMatch(new RegExp(`^${name}\\.ts.*error TS2`, 'm'));
  }, 60_000);

  it('C4, C5: npx parlour-keys makes client keys, and says what certificates need that isn’t installed', async () => {
    const bin = join(app, 'node_modules/.bin/parlour-keys');
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    expect((await run(bin, ['client'], { env, cwd: app })).stdout).toContain('CLIENT_JWKS_FILE=');
    await expect(run(bin, ['certificate'], { env, cwd: app })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm install --no-save @peculiar/x509'),
    });
  });

  it('npx parlour starts the runnable server, which lists what it lacks', async () => {
    const bin = join(app, 'node_modules/.bin/parlour');
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_ENV: 'production' };
    const started = run(bin, [], { env, cwd: app });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/- PUBLIC_URL is missing[^]*- ISSUER is missing/),
    });
  });
});
