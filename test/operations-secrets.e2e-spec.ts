import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Needle, scanForSecrets } from './support/chromium.js';
import {
  type Hostile,
  type Lies,
  pushLies,
  startHostileAuthorizationServer,
} from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { turnClock } from './support/scene.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;
let api: ApiStub;
let parlour: Parlour;
let metrics: string;
const visitors: HttpBrowser[] = [];

function visitor(): HttpBrowser {
  const browser = new HttpBrowser();
  visitors.push(browser);
  return browser;
}

async function login(lies: Lies = {}, browser = visitor()): Promise<HttpBrowser> {
  hostile.lies = lies;
  await browser.navigate(`${parlour.url}/login?return_to=/orders`);
  hostile.lies = {};
  return browser;
}

const issued = (kind: string) => hostile.issued.filter(each => each.kind === kind).map(({ value }) => value);

/** An authorization server that says in its errors all that it has just been told. */
const gossip = () => ({
  error: 'invalid_grant',
  error_description: `no: ${[...issued('code'), ...issued('refresh_token')].slice(-2).join(' ')} from Basic ${basic}; Bearer ${issued('access_token').at(-1)}`,
});
const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');

async function goodDay(): Promise<void> {
  const browser = await login();
  await browser.fetch(`${parlour.url}/api/orders?token=in-the-query-of-a-call`, { headers: header });
  await browser.fetch(`${parlour.url}/api/broken`, { headers: header });
  await login({}, browser);
  const { redirectUrl } = (await browser.fetch(`${parlour.url}/logout`, { method: 'POST', headers: header })).json();
  await browser.click(parlour.url + String(redirectUrl));
}

async function failedLogins(): Promise<void> {
  for (const name of ['500', '401 invalid_client', '400 with a JSON error', 'a redirect', 'a huge body'] as const)
    await login({ par: pushLies[name] });
  await login({ par: { status: 400, body: gossip() } });
  await login({ authorization: { parameters: { iss: 'https://evil.example' } } });
  await login({ authorization: { parameters: { state: undefined } } });
  await login({
    authorization: {
      parameters: ({ code }) => ({ error: 'access_denied', error_description: `code ${code}`, code: undefined }),
    },
  });
  for (const idToken of [
    { signature: 'wrong' },
    { alg: 'none' },
    { claims: { nonce: 'another' } },
    { raw: 7 },
  ] as const)
    await login({ idToken });
  await login({ token: { status: 400, body: gossip() } });
  await login({ token: { members: { token_type: 'mac', scope: 7 } } });
  await login({ jwks: { status: 500, body: gossip() } });
}

async function refreshes(): Promise<void> {
  for (const refresh of [
    undefined,
    { status: 503, body: gossip() },
    { status: 400, body: gossip() },
    { body: 'no JSON' },
  ]) {
    const browser = await login();
    turnClock(280);
    if (refresh) hostile.lies = { refresh };
    await browser.fetch(`${parlour.url}/api/orders`, { headers: header });
  }
  hostile.lies = {};
  jest.useRealTimers();
}

async function storageGone(): Promise<void> {
  const browser = await login();
  metrics = await (await fetch(`${parlour.managementUrl}/metrics`)).text();
  await parlour.server.app.get<Storage>(STORAGE).close();
  await browser.fetch(`${parlour.url}/session`, { headers: header });
  await browser.navigate(`${parlour.url}/login`);
  await browser.navigate(`${parlour.url}/callback?code=a-code-that-comes-too-late&state=x`);
}

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub((request, response) => {
    if (request.url === '/broken') response.destroy();
    else response.end(JSON.stringify({ echo: 'nothing' }));
  });
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api=${api.url}` });
  await goodDay();
  await failedLogins();
  await refreshes();
  await storageGone();
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});

/** What really went around, at least one of each kind. */
function secrets(): Needle[] {
  const hops = visitors.flatMap(browser => browser.hops);
  const inQueries = (name: string) => hops.flatMap(({ url }) => new URL(url).searchParams.get(name) ?? []);
  const cookies = hops.flatMap(({ setCookie }) => setCookie.map(line => line.split('=')[1]?.split(';')[0] ?? ''));
  const sessionIds = cookies.filter(value => value.startsWith('s%3A')).map(value => value.slice(4).split('.')[0] ?? '');
  const kinds = {
    ...Object.fromEntries(
      ['code', 'access_token', 'refresh_token', 'id_token', 'request_uri'].map(kind => [kind, issued(kind)]),
    ),
    state: inQueries('state'),
    handle: inQueries('handle'),
    cookie: cookies,
    session: sessionIds,
    verifier: hostile.to('token').flatMap(({ params }) => params.get('code_verifier') ?? []),
    nonce: hostile.to('par').flatMap(({ params }) => params.get('nonce') ?? []),
    client_secret: [CLIENT_SECRET, basic],
    key: [parlour.environment['SESSION_KEYS'] ?? ''],
    query: ['in-the-query-of-a-call', 'a-code-that-comes-too-late'],
  };
  return Object.entries(kinds).flatMap(([kind, values]) => {
    const needles = [...new Set(values)].filter(value => value.length >= 8);
    expect([kind, needles.length > 0]).toEqual([kind, true]);
    return needles.map(value => ({ kind, value }));
  });
}

const inText = (url: string, text: string) => ({ exchanges: [], pages: [{ url, text }] });

describe('S3: after good days and bad ones', () => {
  it('all kinds of events were written', () => {
    for (const event of [
      'login_started',
      'login_completed',
      'push_failed',
      'client_rejected',
      'login_failed',
      'callback_refused',
      'session_ended',
      'refresh_completed',
      'refresh_failed',
      'api_failed',
      'request_refused',
      'request_failed',
    ])
      expect([event, parlour.events(event).length > 0]).toEqual([event, true]);
  });

  it('the scan finds a planted one', () => {
    const [planted] = issued('access_token');
    expect(scanForSecrets(inText('log', `${parlour.logText()} ${planted}`), secrets())).toMatchObject([
      { kind: 'access_token' },
    ]);
  });

  it('no token, cookie, code, state, verifier, nonce, key or client secret stands in a log line', () => {
    expect(scanForSecrets(inText('log', parlour.logText()), secrets())).toEqual([]);
  });

  it('none in a metric, nor a user', () => {
    expect(metrics).toContain('parlour_refreshes_total');
    expect(scanForSecrets(inText('metrics', metrics), secrets())).toEqual([]);
    expect(metrics).not.toContain('alice');
  });

  it('none in an error that a browser was shown', () => {
    const shown = visitors
      .flatMap(({ hops }) => hops)
      .filter(({ status, url }) => status >= 400 && url.startsWith(parlour.url));
    expect(shown.length).toBeGreaterThan(8);
    for (const { url, body, headers } of shown)
      expect([
        url,
        scanForSecrets(inText('', body + JSON.stringify({ ...headers, 'set-cookie': '' })), secrets()),
      ]).toEqual([url, []]);
  });
});
