import { jest } from '@jest/globals';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Hostile, listen, startHostileAuthorizationServer } from './hostile-authorization-server.js';
import { type Fetch, type Hop, HttpBrowser } from './http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './parlour.js';

export const SESSION_COOKIE = '__Host-Http-session';

/** Parlour between an authorization server that lies and an API that remembers. */
export interface Scene {
  hostile: Hostile;
  api: RecordingApi;
  parlour: Parlour;
  /** Another browser, logged in. */
  login(user?: string): Promise<HttpBrowser>;
  /** Another instance on the same storage, with other variables where they are given. */
  another(environment?: Record<string, string>): Promise<Parlour>;
  /** The events of one name, of all instances: Nest has one logger a process, that of the last application. */
  events(name: string): Record<string, unknown>[];
  close(): Promise<void>;
}

export async function startScene(environment: Record<string, string> = {}, configFile?: object): Promise<Scene> {
  const hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  const api = await startRecordingApi();
  const parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api=${api.url}`, ...environment }, configFile);
  const others: Parlour[] = [];
  return {
    hostile,
    api,
    parlour,
    login: async (user = 'alice') => {
      hostile.user = user;
      return loggedIn(parlour.url);
    },
    another: async more => {
      const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = parlour.environment;
      const other = await startParlour(hostile.issuer, { ...same, ...more });
      others.push(other);
      return other;
    },
    events: name => [parlour, ...others].flatMap(one => one.events(name)),
    close: async () => {
      for (const one of [...others, parlour, api, hostile]) await one.close();
    },
  };
}

export async function loggedIn(url: string, browser = new HttpBrowser()): Promise<HttpBrowser> {
  await browser.navigate(`${url}/login`);
  if (!browser.cookies(url).some(({ name }) => name.startsWith(SESSION_COOKIE)))
    throw new Error(`no login: ${browser.url}`);
  return browser;
}

/** What the app's own script sends, the custom header included. */
export function script(browser: HttpBrowser, url: string, init: Fetch = {}): Promise<Hop> {
  return browser.fetch(url, { page: `${new URL(url).origin}/`, ...init, headers: { 'X-CSRF': '1', ...init.headers } });
}

export async function isLoggedIn(browser: HttpBrowser, { url }: { url: string }): Promise<boolean> {
  return (await script(browser, `${url}/session`)).json()['authenticated'] === true;
}

/** The Cookie header with one cookie. */
export function cookieHeader(browser: HttpBrowser, url: string): string {
  const session = browser.cookies(url).find(({ name }) => name.startsWith(SESSION_COOKIE));
  return session ? `${session.name}=${session.value}` : '';
}

/** The id that the session cookie carries, in the clear, as express-session writes it. */
export function rawSessionId(browser: HttpBrowser, url: string): string {
  const value = decodeURIComponent(cookieHeader(browser, url).split('=')[1] ?? '');
  return value.slice(2, value.lastIndexOf('.'));
}

export interface RecordingApi {
  url: string;
  requests: { method: string; url: string; authorization: string; headers: IncomingMessage['headers'] }[];
  /** What it answers; 200 without it. */
  reply: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  close(): Promise<void>;
}

export async function startRecordingApi(): Promise<RecordingApi> {
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    api.requests.push({ method, url, authorization: headers.authorization ?? '', headers });
    request.resume();
    if (api.reply) api.reply(request, response);
    else response.setHeader('Content-Type', 'application/json').end('{"ok":true}');
  });
  const port = await listen(server);
  const api: RecordingApi = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    reply: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return api;
}

/** Everything but the clock on the wall stays real: timers, sockets and the monotonic clock. */
const REAL = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

/** Turns the clock of everything in this process. It stands still until it's turned again or `jest.useRealTimers()`. */
export function turnClock(seconds: number): void {
  jest.useFakeTimers({ now: Date.now() + seconds * 1000, doNotFake: [...REAL] });
}
