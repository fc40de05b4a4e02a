import { randomBytes } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { Page } from 'playwright-core';
import { type RunningAuthleteServer, startAuthleteServer } from '../../src/authlete/server.js';
import { readConfiguration } from '../../src/configuration.js';
import { type RunningEmulator, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { type RunningDemoApi, startDemoApi } from '../../src/dev/demo-api/index.js';
import { accounts } from '../../src/dev/demo-accounts.js';
import { registeredClient, registeredService } from '../../src/development/authlete-registration.js';
import { sessionState, signIn, type Stage } from './browser-stage.js';
import { launchBrowser, type Needle } from './chromium.js';
import { freePort } from './free-port.js';
import { CLIENT_ID, CLIENT_SECRET, startParlour } from './parlour.js';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.js';

/** The article's whole sequence: browser → BFF → authorization server → Authlete's emulator, and the API that asks it, too. */
export interface Chain extends Pick<Stage, 'parlour' | 'browser' | 'close'> {
  issuer: string;
  api: RunningDemoApi;
  emulator: RunningEmulator;
  /** Between the authorization server and the emulator. */
  calls: RecordingProxy['calls'];
  /** Of the authorization server. */
  logText(): string;
  /** What only the authorization server and Authlete may know. */
  keys: Needle[];
}

export async function startChain(): Promise<Chain> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const emulator = await startAuthleteEmulator({ port: 0, service: registeredService(issuer) });
  const proxy = await startRecordingProxy(emulator.url);
  const { serviceId, accessToken } = emulator.credentials;
  const [cookieKey, log] = [randomBytes(32).toString('base64url'), [] as unknown[]];
  const server: RunningAuthleteServer = await startAuthleteServer(
    {
      host: '127.0.0.1',
      port,
      production: false,
      logLevel: 'debug',
      options: { issuer, api: { baseUrl: proxy.url, serviceId, accessToken }, cookieKeys: [cookieKey] },
    },
    { accounts },
    recorder(log),
  );
  const api = await startDemoApi({ port: 0, introspection: { baseUrl: emulator.url, serviceId, accessToken } });
  const parlour = await startParlour(issuer, {
    API_ROUTES: `/api=${api.url}`,
    SCOPE: 'openid profile email orders:read',
    SPA_DIR: 'client-demo/dist',
    ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256',
  });
  const { bff } = readConfiguration(parlour.environment);
  for (const frontend of bff.frontends) {
    const client = registeredClient(frontend, bff.pathPrefix);
    emulator.set({ client: { ...client, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET } });
  }
  const browser = await launchBrowser();
  return {
    parlour,
    browser,
    issuer,
    api,
    emulator,
    calls: proxy.calls,
    logText: () => JSON.stringify(log),
    keys: [
      { kind: 'service access token', value: accessToken },
      { kind: 'cookie key', value: cookieKey },
    ],
    close: async () => {
      await browser.close();
      await parlour.close();
      await Promise.all([server.close(), api.close()]);
      await Promise.all([proxy.close(), emulator.close()]);
    },
  };
}

function recorder(lines: unknown[]): LoggerService {
  const add = (...said: unknown[]) => void lines.push(said);
  return { log: add, debug: add, warn: add, error: add, fatal: add };
}

/** Through the pages of the authorization server, where the browser has come to. */
export async function signInAndAllow(page: Page, username = 'alice'): Promise<void> {
  await signIn(page, username);
  await page.getByRole('button', { name: 'Allow' }).click();
}

export async function logInByChain(page: Page, app: string): Promise<void> {
  await page.goto(app);
  await page.getByTestId('login').click();
  await signInAndAllow(page);
  await sessionState(page, 'authenticated');
}

/** What really went around in this run and must stay on the servers, by its kind. */
export function secretsOfChain({ calls, keys }: Chain): Needle[] {
  const answers = (api: string) =>
    calls.filter(({ path }) => path.endsWith(api)).map(({ answer }) => membersOf(answer));
  const verifiers = calls
    .filter(({ path }) => path.endsWith('/auth/token'))
    .map(({ request }) => new URLSearchParams(membersOf(request)['parameters']).get('code_verifier'));
  const tokens = answers('/auth/token').map(({ responseContent = '{}' }) => membersOf(responseContent));
  const byKind = {
    access_token: tokens.map(({ access_token }) => access_token),
    refresh_token: tokens.map(({ refresh_token }) => refresh_token),
    id_token: tokens.map(({ id_token }) => id_token),
    ticket: answers('/auth/authorization').map(({ ticket }) => ticket),
    code_verifier: verifiers,
    client_secret: [CLIENT_SECRET],
  };
  const found = Object.entries(byKind).flatMap(([kind, values]) => {
    const there = values.flatMap(value => value ?? []);
    if (there.length === 0) throw new Error(`Nothing of this kind went around, so a scan would prove nothing: ${kind}`);
    return there.map(value => ({ kind, value }));
  });
  return [...found, ...keys];
}

/** Of a JSON object; the texts among them are what the scan needs. */
function membersOf(json: string): Record<string, string | undefined> {
  const content: unknown = JSON.parse(json);
  const members = Object.entries(typeof content === 'object' && content !== null ? content : {});
  return Object.fromEntries(members.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}
