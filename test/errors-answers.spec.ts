import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PROBLEMS, type ProblemCode } from '../src/bff/errors.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import {
  type Hostile,
  type Lies,
  pushLies,
  startHostileAuthorizationServer,
} from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

let hostile: Hostile;
let api: ApiStub;
let parlour: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { Location: 'https://evil.example/' });
    if (request.url === '/odd') response.writeHead(700);
    if (request.url !== '/slow') response.end('{}');
  });
  parlour = await startParlour(
    hostile.issuer,
    {},
    {
      apiRoutes: [
        { path: '/api/orders', upstream: api.url },
        { path: '/api/slow', upstream: `${api.url}/slow`, timeout: 1 },
        { path: '/api/down', upstream: `http://127.0.0.1:${await freePort()}` },
      ],
    },
  );
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});
beforeEach(() => hostile.beHonest());

interface Ask {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  loggedIn?: true;
  lies?: Lies;
}
type Row = [ProblemCode, Ask];

const evil = `x"><script>alert(1)</script>`;
const crossSite = { 'sec-fetch-site': 'cross-site' };
const script: Row[] = [
  ['csrf_header_missing', { path: '/session', headers: { 'x-csrf': '' } }],
  ['cross_site_request', { path: '/session', headers: crossSite }],
  ['navigation_required', { path: '/callback?code=x&state=y' }],
  ['service_worker_refused', { path: '/api/orders', headers: { 'service-worker': 'script' } }],
  ['misdirected_request', { path: '/session', headers: { host: 'evil.example' } }],
  ['not_found', { path: `/nothing/${encodeURIComponent(evil)}` }],
  ['method_not_allowed', { path: '/session', method: 'DELETE' }],
  ['invalid_request', { path: '/%zz' }],
  ['not_authenticated', { path: '/api/orders' }],
  ['unknown_api_route', { path: '/api/nothing', loggedIn: true }],
  ['api_path_refused', { path: '/api/orders/a%2fb', loggedIn: true }],
  ['api_unreachable', { path: '/api/down', loggedIn: true }],
  ['api_timeout', { path: '/api/slow', loggedIn: true }],
  ['api_redirect_refused', { path: '/api/orders/redirect', loggedIn: true }],
  ['api_response_invalid', { path: '/api/orders/odd', loggedIn: true }],
];
const both: Row[] = [
  ['invalid_return_to', { path: `/login?return_to=${encodeURIComponent(`//evil.example/${evil}`)}` }],
  ['invalid_login_parameter', { path: `/login?${encodeURIComponent(evil)}=${encodeURIComponent(evil)}` }],
  ['authorization_server_unavailable', { path: '/login', lies: { par: pushLies['500'] } }],
  ['authorization_server_rejected_client', { path: '/login', lies: { par: pushLies['401 invalid_client'] } }],
  ['authorization_server_refused_request', { path: '/login', lies: { par: pushLies['400 with a JSON error'] } }],
  ['authorization_server_misconfigured', { path: '/login', lies: { par: pushLies['200 instead of 201'] } }],
];
const navigation: Row[] = [
  ['csrf_header_missing', { path: '/session' }],
  ['cross_site_request', { path: '/session', headers: crossSite }],
  ['navigation_required', { path: '/login', headers: { 'sec-fetch-dest': 'iframe' } }],
  ['misdirected_request', { path: '/', headers: { host: 'evil.example' } }],
  ['not_found', { path: `/nothing/${encodeURIComponent(evil)}` }],
  ['method_not_allowed', { path: '/login', method: 'POST' }],
  ['invalid_request', { path: '/%zz' }],
  ['login_transaction_missing', { path: `/callback?code=x&state=${encodeURIComponent(evil)}` }],
  [
    'authorization_response_refused',
    { path: '/login', lies: { authorization: { parameters: { iss: 'https://evil.example' } } } },
  ],
];

async function browserFor({ loggedIn }: Ask): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  if (loggedIn) await browser.navigate(`${parlour.url}/login`);
  return browser;
}

async function asScript(ask: Ask): Promise<Hop> {
  const browser = await browserFor(ask);
  hostile.lies = ask.lies ?? {};
  const headers = { accept: 'application/json', 'x-csrf': '1', ...ask.headers };
  return browser.fetch(parlour.url + ask.path, { page: parlour.url, method: ask.method ?? 'GET', headers });
}

async function asNavigation(ask: Ask): Promise<Hop> {
  const browser = await browserFor(ask);
  hostile.lies = ask.lies ?? {};
  const { method = 'GET', headers = {} } = ask;
  return browser.navigate(parlour.url + ask.path, { method, headers, initiator: parlour.url });
}

/** What everything of ours says. */
function expectProtection({ headers }: Hop): void {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
    'x-frame-options': 'DENY',
  });
  expect(headers['x-powered-by']).toBeUndefined();
  // this one is http on loopback: a year of https there would lock a developer out
  expect(headers['strict-transport-security']).toBeUndefined();
}

/** Under its reference the log knows more. */
function expectLogged(code: string, reference: unknown): void {
  const found = parlour.log.filter(line => line['reference'] === reference);
  expect(found).toContainEqual(expect.objectContaining({ event: 'request_refused', code }));
}

/** A JWT has its dots: three letters of one stand in a random value now and then. */
const NOT_FOR_BROWSERS = /secret reason|node_modules|\.js:\d|\n\s+at |<script>alert|eyJ[\w-]{8,}\./;

describe('a failure, told to a script', () => {
  it.each([...script, ...both])('%s: problem details and nothing else', async (code, ask) => {
    const answer = await asScript(ask);
    const { status, title, detail } = PROBLEMS[code];
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const { reference, ...rest } = answer.json();
    const loginUrl = status === 401 ? { loginUrl: '/login' } : {};
    expect(rest).toEqual({ type: 'about:blank', title, status, code, detail, ...loginUrl });
    expect(reference).toMatch(/^[0-9a-f]{12}$/);
    expectLogged(code, reference);
    expectProtection(answer);
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(NOT_FOR_BROWSERS);
  });
});

describe('a failure, told to a person', () => {
  it.each([...navigation, ...both])('%s: a page with what happened, a reference and a next step', async (code, ask) => {
    const answer = await asNavigation(ask);
    const { status, title } = PROBLEMS[code];
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain(`<h1>${title}</h1>`);
    const [, reference] = /<code>([0-9a-f]{12})<\/code>/.exec(answer.body) ?? [];
    expectLogged(code, reference);
    // for a stranger's host there's no app that we could lead to
    const link = code === 'misdirected_request' ? undefined : expect.stringMatching(/^\/(login(\?return_to=%2F)?)?$/);
    expect(/<a href="([^"]*)">/.exec(answer.body)?.[1]).toEqual(link);
    expectProtection(answer);
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(NOT_FOR_BROWSERS);
  });

  it('an answer for a person depends on Accept, for a script on its header: caches are told nothing to keep', async () => {
    const page = await asNavigation({ path: '/nothing' });
    const problem = await asScript({ path: '/nothing', headers: { accept: 'text/html' } });
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(problem.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('a redirect of ours', () => {
  it('B21: says no-store and no-referrer too, on every step of a login and a logout', async () => {
    const browser = new HttpBrowser();
    await browser.navigate(`${parlour.url}/login?return_to=/nothing`);
    const { redirectUrl } = (
      await browser.fetch(`${parlour.url}/logout`, { method: 'POST', headers: { 'X-CSRF': '1' } })
    ).json();
    await browser.click(parlour.url + String(redirectUrl));
    const ours = browser.hops.filter(({ url }) => url.startsWith(parlour.url));
    expect(ours.filter(({ status }) => status === 303)).toHaveLength(4);
    for (const hop of ours) expectProtection(hop);
  });
});
