import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type PlainStage, startPlainStage } from './support/authlete-stage.js';
import { type NativeApp, runNativeApp } from './support/authlete-native-app.js';
import { freePort } from './support/free-port.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { temporaryDirectory, until } from './support/parlour.js';

const CLIENT_ID = '3280859750299';
const NATIVE_CLIENT = {
  clientId: CLIENT_ID,
  clientName: 'A native app',
  clientType: 'PUBLIC',
  tokenAuthMethod: 'NONE',
  redirectUris: ['http://127.0.0.1/callback'],
  pkceRequired: true,
  pkceS256Required: true,
};

/** The same request, as it would stand in the browser. */
const unpushed = new URLSearchParams({
  client_id: CLIENT_ID,
  response_type: 'code',
  redirect_uri: 'http://127.0.0.1/callback',
  scope: 'openid',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
});

let stage: PlainStage;
const apps: NativeApp[] = [];

beforeAll(async () => {
  stage = await startPlainStage([NATIVE_CLIENT]);
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.emulator.calls.length = 0;
});
afterEach(async () => {
  stage.emulator.set({ service: { parRequired: true }, client: { ...NATIVE_CLIENT, parRequired: false } });
  await Promise.all(apps.splice(0).map(app => app.stop()));
});

function start(args: string[] = ['--print'], environment: Record<string, string> = {}): NativeApp {
  const app = runNativeApp([stage.issuer, CLIENT_ID, ...args], environment);
  apps.push(app);
  return app;
}

const toApp = (url: string) => /^http:\/\/127\.0\.0\.1:\d+\/callback/.test(url);

/** As far as the consent page. */
async function loggedIn(url: URL): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.navigate(url.href);
  await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'login' });
  return browser;
}

async function allow(url: URL): Promise<Hop> {
  return (await loggedIn(url)).submitForm({}, { button: 'allow' });
}

const calls = (api: string) => stage.emulator.calls.filter(call => call.api === api).map(({ body }) => body);

describe('examples/native-app.mjs, a public client without a BFF (RFC 8252)', () => {
  it('S3: logs in, says who it is, and prints no token', async () => {
    const app = start();
    const page = await allow(await app.url());
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('You are logged in.')]);
    expect([await app.ended, app.stderr()]).toEqual([0, '']);
    expect(app.stdout().split('\n').slice(1)).toEqual(['Logged in as Alice Abbott (alice).', '']);
  });

  it('P6, P11: pushes without a secret, with PKCE, state and a loopback port of its own, and puts two parameters into the URL', async () => {
    const url = await start().url();
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const [body] = calls('pushed_auth_req');
    const parameters = new URLSearchParams(String(body?.['parameters']));
    expect(body).not.toHaveProperty('clientSecret');
    expect(parameters.has('client_secret')).toBe(false);
    expect(Object.fromEntries(parameters)).toMatchObject({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it.each([
    ['the service', { service: { parRequired: true } }],
    ['the client alone', { service: { parRequired: false }, client: { ...NATIVE_CLIENT, parRequired: true } }],
  ])('P9: logs in where %s requires pushed requests, which nothing else gets past', async (_who, settings) => {
    stage.emulator.set(settings);
    const refused = await new HttpBrowser().navigate(`${stage.issuer}/as/authorization?${unpushed}`);
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    expect(refused.json()['error_description']).toContain('requires PAR');
    const app = start();
    await allow(await app.url());
    expect(await app.ended).toBe(0);
  });

  it('E10: says that the login was denied', async () => {
    const app = start();
    const browser = await loggedIn(await app.url());
    const page = await browser.submitForm({}, { button: 'deny' });
    expect(page.body).toContain('The login failed');
    expect([await app.ended, app.stderr()]).toEqual([1, 'Not logged in: the login was denied in the browser.\n']);
    expect(calls('auth/token')).toEqual([]);
  });

  it.each([
    ['A1', 'state', 'another', /unexpected "state"/],
    ['A2', 'iss', 'https://else.example', /unexpected "iss"/],
  ])('%s: an answer with another %s exchanges nothing', async (_rule, name, value, said) => {
    const app = start();
    const browser = await loggedIn(await app.url());
    const hop = await browser.submitForm({}, { until: toApp, button: 'allow' });
    const callback = new URL(hop.location ?? '');
    callback.searchParams.set(name, value);
    expect((await browser.navigate(callback.href)).body).toContain('The login failed');
    expect([await app.ended, app.stdout().trim().split('\n').length]).toEqual([1, 1]);
    expect(app.stderr()).toMatch(said);
    expect(calls('auth/token')).toEqual([]);
  });

  it('S1: somebody who knocks at other paths gets nothing, and doesn’t end the login', async () => {
    const app = start();
    const url = await app.url();
    const [body] = calls('pushed_auth_req');
    const redirectUri = new URLSearchParams(String(body?.['parameters'])).get('redirect_uri') ?? '';
    for (const path of ['/', '/favicon.ico', '/callback/', '/call%62ack']) {
      expect((await fetch(new URL(path, redirectUri))).status).toBe(404);
    }
    expect((await allow(url)).body).toContain('You are logged in.');
    expect(await app.ended).toBe(0);
  });

  it('opens the system’s browser with the URL, and without --print prints none', async () => {
    const folder = temporaryDirectory();
    const opened = join(folder, 'opened');
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(
        join(folder, name),
        `#!/bin/sh\nprintf '%s' "$*" > ${opened}.part && mv ${opened}.part ${opened}\n`,
      );
      chmodSync(join(folder, name), 0o755);
    }
    const app = start([], { PATH: `${folder}:${process.env['PATH']}` });
    await until('the browser is opened', () => existsSync(opened));
    const page = await allow(new URL(readFileSync(opened, 'utf8')));
    expect(page.body).toContain('You are logged in.');
    expect([await app.ended, app.stdout()]).toEqual([0, 'Logged in as Alice Abbott (alice).\n']);
  });

  it('says where to go when no browser opens here', async () => {
    const app = start([], { PATH: temporaryDirectory() });
    const url = await until('it names the URL', () => /^http:\S+$/m.exec(app.stderr())?.[0]);
    await allow(new URL(url));
    expect([await app.ended, app.stderr()]).toEqual([0, expect.stringContaining('Open this address yourself')]);
  });

  it('says that nobody came back in time', async () => {
    const app = start(['--print', '--timeout', '0.1']);
    expect([await app.ended, app.stderr()]).toEqual([
      1,
      'Not logged in: nobody came back from the browser within 0.1 seconds.\n',
    ]);
  });

  it('says that its port is taken, that there is no server, and what the server refused', async () => {
    const taken = start(['--print', '--port', new URL(stage.issuer).port]);
    expect([await taken.ended, taken.stderr()]).toEqual([
      1,
      expect.stringMatching(/^Not logged in: port \d+ is taken;/),
    ]);
    const nowhere = runNativeApp([`http://127.0.0.1:${await freePort()}`, CLIENT_ID, '--print']);
    apps.push(nowhere);
    expect([await nowhere.ended, nowhere.stderr()]).toEqual([
      1,
      'Not logged in: the server can’t be reached (ECONNREFUSED).\n',
    ]);
    const unknown = runNativeApp([stage.issuer, '1', '--print']);
    apps.push(unknown);
    expect([await unknown.ended, unknown.stderr()]).toEqual([1, expect.stringMatching(/refused it, invalid_client: /)]);
  });

  it('P1: sends nothing over plain http to another machine', async () => {
    const app = runNativeApp(['http://as.invalid', CLIENT_ID, '--print']);
    apps.push(app);
    expect([await app.ended, app.stderr()]).toEqual([1, expect.stringContaining('only requests to HTTPS are allowed')]);
  });
});
