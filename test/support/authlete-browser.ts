import type { LoggerService } from '@nestjs/common';
import type { Store } from 'express-session';
import { randomBytes } from 'node:crypto';
import { type Account, type Accounts, ENDPOINTS } from '../../src/authlete/index.js';
import { startAuthleteServer } from '../../src/authlete/server.js';
import { type RunningEmulator, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { freePort } from './free-port.js';
import { type Hop, HttpBrowser } from './http-browser.js';

export const CLIENT_ID = '4711';
export const CLIENT_NAME = 'Tea <b onmouseover="alert(1)">&amp; Sons</b>';
export const REDIRECT_URI = 'https://client.example/callback';
export const COOKIE = '__Host-Http-authorization-session';

export const SILVER = 'urn:example:silver';
export const GOLD = 'urn:example:gold';

/** The password of everybody here. */
export const PASSWORD = 'correct horse & <battery>';

/** A host's accounts, in memory. */
export class Village implements Accounts {
  readonly people = new Map<string, Account>([
    ['alice', { subject: 'alice', name: 'Alice <i>Abbott</i>', claims: { name: 'Alice', email: 'alice@example.com' } }],
    ['bob', { subject: 'bob', name: 'Bob Brown', claims: { name: 'Bob', email: 'bob@example.com' }, acr: SILVER }],
    ['carol', { subject: 'carol', name: 'Carol Clark', claims: {}, acr: GOLD }],
  ]);
  /** Nobody can be asked. */
  away = false;
  /** User names that somebody tried to log in with. */
  readonly tried: string[] = [];

  async authenticate(username: string, password: string): Promise<Account | undefined> {
    this.tried.push(username);
    return password === PASSWORD ? this.find(username) : undefined;
  }

  async find(subject: string): Promise<Account | undefined> {
    if (this.away) throw new Error('the village is away');
    return this.people.get(subject);
  }
}

export interface LoginStage {
  issuer: string;
  emulator: RunningEmulator;
  village: Village;
  /** Everything that was logged, as text. */
  log(): string;
  /** An authorization request as the client's own, with these parameters over its usual ones. */
  url(parameters?: Record<string, string>): string;
  /** The ticket that Authlete's last answer to this browser had; it stands in a call to issue or fail. */
  ends(): { api: string; body: Record<string, unknown> }[];
  close(): Promise<void>;
}

/** Our authorization server on the emulator, for a public client that may do without PAR. */
export async function startLoginStage(
  brought: { redirectUri?: string; sessionStore?: Store } = {},
): Promise<LoginStage> {
  const { redirectUri = REDIRECT_URI, sessionStore } = brought;
  const lines: string[] = [];
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const emulator = await startAuthleteEmulator({
    port: 0,
    service: serviceAt(issuer),
    clients: [clientAt(redirectUri)],
  });
  const { serviceId, accessToken } = emulator.credentials;
  const options = {
    issuer,
    api: { baseUrl: emulator.url, serviceId, accessToken },
    cookieKeys: [randomBytes(32).toString('base64url')],
    sessionTimeout: 3600,
  };
  const village = new Village();
  const configuration = { host: '127.0.0.1', port, production: false, logLevel: 'debug' as const, options };
  const server = await startAuthleteServer(configuration, { accounts: village, sessionStore }, logTo(lines));
  return {
    issuer,
    emulator,
    village,
    log: () => lines.join('\n'),
    url: parameters => `${issuer}${ENDPOINTS.authorization}?${query(redirectUri, parameters)}`,
    ends: () => emulator.calls.filter(({ api }) => /\/(?:issue|fail)$/.test(api)),
    close: async () => {
      await server.close();
      await emulator.close();
    },
  };
}

const clientAt = (redirectUri: string) => ({
  clientId: CLIENT_ID,
  clientName: CLIENT_NAME,
  clientType: 'PUBLIC',
  tokenAuthMethod: 'NONE',
  redirectUris: [redirectUri],
  responseTypes: ['CODE', 'CODE_ID_TOKEN'],
});

const serviceAt = (issuer: string) => ({
  issuer,
  pushedAuthReqEndpoint: issuer + ENDPOINTS.pushedAuthorizationRequest,
  authorizationEndpoint: issuer + ENDPOINTS.authorization,
  tokenEndpoint: issuer + ENDPOINTS.token,
  revocationEndpoint: issuer + ENDPOINTS.revocation,
  userInfoEndpoint: issuer + ENDPOINTS.userinfo,
  jwksUri: issuer + ENDPOINTS.jwks,
  supportedAcrs: [SILVER, GOLD],
});

export function query(redirectUri: string, parameters: Record<string, string> = {}): string {
  const usual = { client_id: CLIENT_ID, response_type: 'code', scope: 'openid profile', redirect_uri: redirectUri };
  return new URLSearchParams({ ...usual, state: 'a-state', ...parameters }).toString();
}

const logTo = (lines: string[]): LoggerService => {
  const add = (...said: unknown[]) => void lines.push(JSON.stringify(said));
  return { debug: add, log: add, warn: add, error: add, fatal: add };
};

/** Stops before the browser goes back to the client. */
export const until = (url: string) => url.startsWith(REDIRECT_URI);

/** Opens the request; resolves with the page that it leads to, or with the redirect to the client. */
export function begin(stage: LoginStage, browser: HttpBrowser, parameters: Record<string, string> = {}): Promise<Hop> {
  return browser.navigate(stage.url(parameters), { initiator: 'https://client.example/', until });
}

export function logIn(browser: HttpBrowser, username = 'alice', password = PASSWORD): Promise<Hop> {
  return press(browser, 'login', { username, password });
}

export function press(browser: HttpBrowser, button: string, fields: Record<string, string> = {}): Promise<Hop> {
  return browser.submitForm(fields, { button, until });
}

/** A browser in which somebody is signed in, and has agreed once. */
export async function signedIn(stage: LoginStage, username = 'alice', parameters = {}): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await begin(stage, browser, parameters);
  await logIn(browser, username);
  await press(browser, 'allow');
  return browser;
}

/** What the client hears. */
export function heard({ location }: Hop): Record<string, string> {
  return Object.fromEntries(new URL(location ?? 'about:blank').searchParams);
}

export const title = ({ body }: Hop): string => /<title>([^<]*)<\/title>/.exec(body)?.[1] ?? '';

export const alert = ({ body }: Hop): string => /<p role="alert">([^<]*)</.exec(body)?.[1] ?? '';

/** The value of the field as the page shows it. */
export function field({ body }: Hop, name: string): string | undefined {
  const [input] = new RegExp(`<input[^>]*\\bname="${name}"[^>]*>`).exec(body) ?? [];
  return /\bvalue="([^"]*)"/.exec(input ?? '')?.[1];
}
