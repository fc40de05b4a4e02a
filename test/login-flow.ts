import { jest } from '@jest/globals';
import { startAuthorizationServer } from '../src/dev/authorization-server/index.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

export interface Pair {
  hostile: Hostile;
  parlour: Parlour;
  close: () => Promise<void>;
}

/** A Parlour whose authorization server is the hostile one. */
export async function startPair(environment: Record<string, string> = {}, configFile?: object): Promise<Pair> {
  const secret = environment['CLIENT_SECRET'] ?? CLIENT_SECRET;
  const hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: secret });
  const parlour = await startParlour(hostile.issuer, environment, configFile).catch(async (error: unknown) => {
    await hostile.close();
    throw error;
  });
  return {
    hostile,
    parlour,
    close: async () => {
      await parlour.close();
      await hostile.close();
    },
  };
}

/** One Parlour with two frontends, `http://one.localhost:<port>` and `http://two.localhost:<port>`, each a client of the hostile one. */
export async function startTwoFrontends(
  environment: Record<string, string> = {},
): Promise<Pair & { one: string; two: string }> {
  const hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  const PORT = String(await freePort());
  const url = (name: string) => `http://${name}.localhost:${PORT}`;
  const frontends = ['one', 'two'].map(name => ({
    name,
    publicUrl: url(name),
    issuer: hostile.issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
  }));
  const ofOne = { PUBLIC_URL: '', ISSUER: '', CLIENT_ID: '', CLIENT_SECRET: '' };
  const parlour = await startParlour(hostile.issuer, { PORT, ...ofOne, ...environment }, { frontends });
  const close = async () => {
    await parlour.close();
    await hostile.close();
  };
  return { hostile, parlour, close, one: url('one'), two: url('two') };
}

/** A Parlour whose authorization server is oidc-provider. */
export async function startRealPair(environment: Record<string, string> = {}) {
  const api = { audience: 'http://127.0.0.1:3002', scopes: ['orders:read'] };
  const server = await startAuthorizationServer({ port: 0, clients: [], api });
  const parlour = await startParlour(server.url, environment);
  await server.addClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${parlour.url}/callback`],
    postLogoutRedirectUris: [`${parlour.url}/logout/callback`],
    ...(environment['CLIENT_AUTH_METHOD'] === 'client_secret_post' && {
      tokenEndpointAuthMethod: 'client_secret_post',
    }),
  });
  return {
    server,
    parlour,
    close: async () => {
      await parlour.close();
      await server.close();
    },
  };
}

/** `/login` by navigation; the first answer, not followed. */
export function begin(
  { url }: Parlour,
  parameters: Record<string, string> = {},
  browser = new HttpBrowser(),
): Promise<Hop> {
  return browser.navigate(loginUrl(url, parameters), { follow: false });
}

/** Goes as far as the redirect to the callback, and gives that address. */
export async function toCallback(
  { url }: Parlour,
  browser: HttpBrowser,
  parameters: Record<string, string> = {},
): Promise<URL> {
  const hop = await browser.navigate(loginUrl(url, parameters), { until: next => next.startsWith(`${url}/callback`) });
  return new URL(hop.location ?? '');
}

/** The whole login, to wherever it ends. */
export function logIn({ url }: Parlour, browser: HttpBrowser, parameters: Record<string, string> = {}): Promise<Hop> {
  return browser.navigate(loginUrl(url, parameters));
}

/** What `/session` says to this browser. */
export async function isLoggedIn({ url }: Parlour, browser: HttpBrowser): Promise<boolean> {
  const session = await browser.fetch(`${url}/session`, { headers: { 'X-CSRF': '1' }, page: url });
  return session.json()['authenticated'] === true;
}

export function transactionCookies({ url }: Parlour, browser: HttpBrowser) {
  return browser.cookies(`${url}/callback`).filter(({ name }) => name.startsWith('__Host-Http-login'));
}

/** A counter's value; 0 where nothing has been counted. */
export async function metric({ managementUrl }: Parlour, name: string, outcome: string): Promise<number> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const line = text.split('\n').find(one => one.startsWith(`${name}{`) && one.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Turns the clock of this process, its servers included. Monotonic time goes on as it was. */
export function turnClock(milliseconds: number): void {
  const now = Date.now() + milliseconds;
  jest.useFakeTimers({ now, doNotFake: EVERYTHING_BUT_DATE });
}

const EVERYTHING_BUT_DATE = [
  ...([
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'requestAnimationFrame',
    'cancelAnimationFrame',
  ] as const),
  ...(['requestIdleCallback', 'cancelIdleCallback', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

function loginUrl(url: string, parameters: Record<string, string>): string {
  return `${url}/login?${new URLSearchParams(parameters)}`;
}
