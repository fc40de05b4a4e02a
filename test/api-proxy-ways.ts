import { isOfHttp2, type RecordingApi, startApi } from './api-proxy-application.js';
import { freePort } from './support/free-port.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { cookieHeader } from './support/scene.js';

/** One way into the proxy: who asks where, and where that goes. */
export interface Way {
  port: number;
  host: string;
  /** The route's public path, and what it is at the API. */
  path: string;
  upstream: string;
  cookie: string;
  token: string;
  /** The page's origin, where it isn't the frontend's own. */
  page?: string;
  /** Without the custom header: the browser's word is enough. */
  navigable?: true;
}

export const LINK = 'a link to a navigable route';
export const NAMES = [
  'a plain route',
  'a nested route, the longest of three',
  'a route under a path prefix',
  'another frontend’s route',
  'a page of another origin of the site',
  LINK,
];

export interface Ways {
  api: RecordingApi;
  of(name: string): Way;
  close(): Promise<void>;
}

const SPA = 'http://spa.bank.localhost:1';

/** Two frontends in one process, a third under a prefix in another, and somebody logged in at each. */
export async function startWays(): Promise<Ways> {
  const client = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  const authorizationServer = await startHostileAuthorizationServer(client);
  const api = await startApi();
  const { issuer } = authorizationServer;
  const several = await startFrontends(issuer, api.origin);
  const things = { path: '/api/things', upstream: `${api.origin}/v1/things`, http2: isOfHttp2(api.origin) };
  const prefixed = await startParlour(issuer, { PATH_PREFIX: '/bff' }, { apiRoutes: [things] });
  const { port } = several;
  const shop = await at(`shop.localhost:${port}`, authorizationServer);
  const bank = await at(`bank.localhost:${port}`, authorizationServer);
  const under = await at(`localhost:${prefixed.port}`, authorizationServer, '/bff');
  const all: Way[] = [
    { ...shop, path: '/api', upstream: '/v1' },
    { ...shop, path: '/api/things/old', upstream: '/old' },
    { ...under, path: '/bff/api/things', upstream: '/v1/things' },
    { ...bank, path: '/api/things/bank', upstream: '/v1/things/bank' },
    { ...bank, path: '/api/bank', upstream: '/v1/bank', page: SPA },
    { ...shop, path: '/api/files', upstream: '/v1/files', navigable: true },
  ];
  return {
    api,
    of: name => {
      const way = all[NAMES.indexOf(name)];
      if (!way) throw new Error(`no such way: ${name}`);
      return way;
    },
    close: async () => {
      for (const one of [several, prefixed, authorizationServer, api]) await one.close();
    },
  };
}

async function startFrontends(issuer: string, api: string): Promise<Parlour> {
  const port = await freePort();
  const http2 = isOfHttp2(api);
  const route = (path: string, more = {}) => ({ path, upstream: api + path.replace('/api', '/v1'), http2, ...more });
  const frontend = (name: string, more: object) => ({
    name,
    publicUrl: `http://${name}.localhost:${port}`,
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    ...more,
  });
  const old = route('/api/things/old', { upstream: `${api}/old` });
  const files = route('/api/files', { navigable: true });
  const frontends = [
    frontend('shop', { apiRoutes: [route('/api'), route('/api/things'), old, files] }),
    frontend('bank', { apiRoutes: [route('/api/bank'), route('/api/things/bank')], allowedOrigins: [SPA] }),
  ];
  const none = { PUBLIC_URL: '', ISSUER: '', CLIENT_ID: '', CLIENT_SECRET: '' };
  return startParlour('', { PORT: String(port), ...none }, { frontends });
}

async function at(host: string, { issued }: Hostile, prefix = '') {
  const browser = new HttpBrowser();
  const origin = `http://${host}`;
  await browser.navigate(`${origin}${prefix}/login`);
  const token = issued.findLast(({ kind }) => kind === 'access_token')?.value ?? 'none was issued';
  return { host, port: Number(new URL(origin).port), cookie: cookieHeader(browser, origin), token };
}
