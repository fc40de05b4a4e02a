import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { registeredService } from '../src/development/authlete-registration.js';
import { configureAuthleteDemo } from '../src/development/authlete-settings.js';
import { type Command, run } from './support/command.js';
import { freePort } from './support/free-port.js';
import { HttpBrowser } from './support/http-browser.js';
import { temporaryDirectory } from './support/parlour.js';

/** A process takes its time to load on a busy machine. Milliseconds. */
jest.setTimeout(60_000);

// `npm run start:authlete` as a process, in an empty folder; AS_PORT moves it away from the ports of development, which may be in use beside the tests.

const MAIN = resolve('dist/main.authlete.js');
const CSRF = { 'X-CSRF': '1' };

const start = (environment: Record<string, string>) => run([MAIN], { SPA_DIR: resolve('docs'), ...environment });

async function started(environment: Record<string, string>): Promise<Command> {
  const one = start(environment);
  await one.says('Ctrl-C stops it.\n');
  return one;
}

/** AS_PORT takes the three behind it along. */
async function freePorts(): Promise<{ PORT: string; AS_PORT: string }> {
  const four = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [first = 0] = four;
  const inARow = four.every((port, index) => port === first + index);
  return inARow ? { PORT: String(await freePort()), AS_PORT: String(first) } : freePorts();
}

const beside = (port: string, by: number) => `http://127.0.0.1:${Number(port) + by}`;

async function signIn(browser: HttpBrowser, username: string): Promise<void> {
  await browser.submitForm({ username, password: 'any' }, { button: 'login' });
  await browser.submitForm({}, { button: 'allow' });
}

describe('npm run start:authlete', () => {
  let ports: { PORT: string; AS_PORT: string };
  let app: string;
  let demo: Command;
  beforeAll(async () => {
    ports = await freePorts();
    app = `http://localhost:${ports.PORT}`;
    demo = await started(ports);
  });

  it('says last where everything is, and keeps its secrets for their owner alone', () => {
    const said = demo.stdout();
    expect(said).toContain(`Parlour is ready: open ${app}\n`);
    expect(said).toContain(`Authorization server  ${beside(ports.AS_PORT, 0)}\n`);
    expect(said).toContain(`API                   ${beside(ports.AS_PORT, 1)}\n`);
    expect(said).toContain(`Authlete              ${beside(ports.AS_PORT, 2)}, an emulator of it\n`);
    expect(said).toContain(`Health and metrics    ${beside(ports.AS_PORT, 3)}\n`);
    expect(said.trimEnd().endsWith('Ctrl-C stops it.')).toBe(true);
    expect(statSync(join(demo.folder, 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(demo.folder, 'data/authlete/development-secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('lets alice in, by the pages of the authorization server, and to her orders', async () => {
    const browser = new HttpBrowser();
    await browser.navigate(`${app}/login?return_to=/orders`);
    expect(browser.origin).toBe(beside(ports.AS_PORT, 0));
    await signIn(browser, 'alice');
    expect(browser.url).toBe(`${app}/orders`);
    const session = await browser.fetch(`${app}/session`, { headers: CSRF });
    expect(session.json()).toMatchObject({ authenticated: true, user: { sub: 'alice', name: 'Alice Abbott' } });
    const orders = await browser.fetch(`${app}/api/orders`, { headers: CSRF });
    expect(orders.json()).toMatchObject({ customer: 'alice' });
  });

  it('knows the example of a native app, which it names', async () => {
    const [, script, issuer, clientId] = /node (examples\/\S+) (\S+) (\S+)\n/.exec(demo.stdout()) ?? [];
    const native = run([String(script), String(issuer), String(clientId), '--print'], {}, process.cwd());
    await native.says('\n');
    const browser = new HttpBrowser();
    await browser.navigate(native.stdout().trim());
    await signIn(browser, 'bob');
    await native.says('Logged in as Bob Brown (bob).');
  });

  it('names a port that is taken, and the variable that chooses others', async () => {
    const reason = `port ${Number(ports.AS_PORT) + 2} is taken, perhaps by another npm run start:authlete: `;
    const { ended, stderr } = start(ports);
    expect([await ended, stderr()]).toEqual([
      1,
      `Parlour can’t start: ${reason}stop what listens there, or choose others with AS_PORT\n`,
    ]);
  });

  it('ends on SIGTERM, with all that it has started', async () => {
    demo.child.kill('SIGTERM');
    expect(await demo.ended).toBe(0);
  });
});

describe('npm run start:authlete, refused', () => {
  it('E14: by NODE_ENV=production, before it writes anything', async () => {
    const { folder, ended, stderr } = start({ NODE_ENV: 'production' });
    expect([await ended, stderr()]).toEqual([1, expect.stringContaining('refuse to run with NODE_ENV=production')]);
    expect(() => statSync(join(folder, 'data'))).toThrow('ENOENT');
  });

  it('E14: lists the mistakes of both processes at once, each once, and no emulator stands in for a service that is half named', async () => {
    const environment = { LOG_LEVEL: 'loud', PORT: 'http', AS_HOST: '0.0.0.0', AUTHLETE_ACCESS_TOKEN: 'of-a-service' };
    const { ended, stderr } = start(environment);
    expect(await ended).toBe(1);
    expect(
      stderr()
        .split('\n')
        .filter(line => line.startsWith('- ')),
    ).toEqual([
      expect.stringMatching(/^- LOG_LEVEL must be one of /),
      expect.stringMatching(/^- AS_HOST lets other machines in over plain http/),
      '- AUTHLETE_BASE_URL is missing',
      expect.stringMatching(/^- AUTHLETE_SERVICE_ID is missing/),
      expect.stringMatching(/^- PORT must be a port/),
      '- CLIENT_ID is missing',
      '- CLIENT_SECRET is missing',
    ]);
    expect(stderr()).not.toContain('of-a-service');
  });

  it.each([
    [{ AS_HOST: '0.0.0.0', TRUSTED_TLS_TERMINATOR: 'nginx 10.0.0.1' }, 'AS_HOST must be on loopback'],
    [{ AS_PORT: '0' }, 'AS_PORT must be a port with three others behind it'],
    [{ AS_PORT: '65533' }, 'AS_PORT must be a port with three others behind it'],
    [{ ISSUER: 'https://login.example.org' }, 'ISSUER must be http://127.0.0.1:3011, as AS_ISSUER is, or left out'],
  ])('E14: for what puts its people in danger, or doesn’t fit: %#', async (environment, mistake) => {
    const given = { SPA_DIR: 'docs', AS_ACCOUNTS_MODULE: 'package.json', ...environment };
    await expect(configureAuthleteDemo(temporaryDirectory(), given)).rejects.toMatchObject({
      problems: [expect.stringContaining(mistake)],
    });
  });
});

describe('npm run start:authlete with a service of Authlete’s', () => {
  const CLIENT = { CLIENT_ID: '4711', CLIENT_SECRET: 'a-secret-of-my-own-for-my-app_4711' };

  it('says what has to be registered, and starts no emulator', async () => {
    const ports = await freePorts();
    const issuer = beside(ports.AS_PORT, 0);
    const service = await startAuthleteEmulator({ port: 0, service: registeredService(issuer) });
    const { apiKey, apiSecret } = service.credentials;
    const credential = { AUTHLETE_BASE_URL: service.url, AUTHLETE_API_KEY: apiKey, AUTHLETE_API_SECRET: apiSecret };
    const { stdout } = await started({ ...ports, ...credential, ...CLIENT });
    expect(stdout()).toContain(`At ${service.url} the service has to have\n`);
    expect(stdout()).toMatch(new RegExp(`pushedAuthReqEndpoint +${issuer}/as/par\n`));
    expect(stdout()).toMatch(new RegExp(`redirectUris +http://localhost:${ports.PORT}/callback\n`));
    expect(stdout()).toContain(`Authlete              ${service.url}\n`);
    expect(stdout()).not.toMatch(new RegExp(`${apiSecret}|${CLIENT.CLIENT_SECRET}`));
    await expect(fetch(beside(ports.AS_PORT, 2))).rejects.toThrow('fetch failed');
    expect(service.calls.map(({ api, version }) => `${version} ${api}`)).toContain('v2 service/configuration');
    await service.close();
  });

  it('E13: that isn’t so yet is told what differs, after what has to be registered', async () => {
    const ports = await freePorts();
    const service = await startAuthleteEmulator({ port: 0, service: { issuer: 'https://as.example.org' } });
    const { serviceId, accessToken } = service.credentials;
    const credential = { AUTHLETE_SERVICE_ID: serviceId, AUTHLETE_ACCESS_TOKEN: accessToken };
    const { ended, stdout, stderr } = start({ ...ports, AUTHLETE_BASE_URL: service.url, ...credential, ...CLIENT });
    expect(await ended).toBe(1);
    expect(stdout()).toContain('the service has to have\n');
    expect(stderr()).toContain(`- issuer is "https://as.example.org", and has to be ${beside(ports.AS_PORT, 0)}\n`);
    expect(stderr()).toContain(`- jwks_uri is missing, and has to be ${beside(ports.AS_PORT, 0)}/as/jwks\n`);
    await service.close();
  });
});
