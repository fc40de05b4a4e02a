import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { type HttpBrowser } from './support/http-browser.js';
import { cookieHeader, isLoggedIn, script, type Scene, startScene, turnClock } from './support/scene.js';

/** A sibling subdomain's page: the same site, so that the Strict cookie comes along. */
const SIBLING = 'http://evil.localhost:1';
let scene: Scene;
let browser: HttpBrowser;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  browser = await scene.login();
  scene.hostile.calls = [];
  scene.api.requests = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A request with a valid session cookie and just these headers. */
async function send(method: string, path: string, headers: Record<string, string>, body = '') {
  const request = httpRequest({
    port: scene.parlour.port,
    method,
    path,
    agent: false,
    headers: { Host: `localhost:${scene.parlour.port}`, Cookie: cookieHeader(browser, scene.parlour.url), ...headers },
  });
  request.end(body);
  // the event's own payload
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

async function nothingHappened(): Promise<void> {
  expect(scene.api.requests).toEqual([]);
  expect(scene.hostile.calls).toEqual([]);
  expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
}

const scripts: [method: string, path: string][] = [
  ['GET', '/session'],
  ['HEAD', '/session'],
  ['POST', '/logout'],
  ['GET', '/api/orders'],
  ['HEAD', '/api/orders'],
  ['POST', '/api/orders'],
  ['PUT', '/api/orders'],
  ['PATCH', '/api/orders'],
  ['DELETE', '/api/orders'],
  ['OPTIONS', '/api/orders'],
  ['GET', '/login'],
];

const own = () => scene.parlour.url;
const refused: [what: string, code: string, headers: () => Record<string, string>][] = [
  ['no header', 'csrf_header_missing', () => ({})],
  ['an empty header', 'csrf_header_missing', () => ({ 'X-CSRF': '' })],
  ['another value in the header', 'csrf_header_missing', () => ({ 'X-CSRF': '0' })],
  ['no header, from our own origin', 'csrf_header_missing', () => ({ Origin: own(), 'Sec-Fetch-Site': 'same-origin' })],
  ['Origin: null', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: 'null' })],
  ['a foreign Origin', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: 'https://evil.example' })],
  [
    'a sibling’s Origin',
    'cross_site_request',
    () => ({ 'X-CSRF': '1', Origin: SIBLING, 'Sec-Fetch-Site': 'same-site' }),
  ],
  ['our host at another port', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: 'http://localhost:1' })],
  ['our origin in https', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: own().replace('http', 'https') })],
  ['our origin with more behind it', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: `${own()}.evil.example` })],
  ['an empty Origin', 'cross_site_request', () => ({ 'X-CSRF': '1', Origin: '' })],
  ['Sec-Fetch-Site: cross-site', 'cross_site_request', () => ({ 'X-CSRF': '1', 'Sec-Fetch-Site': 'cross-site' })],
  [
    'cross-site though Origin is ours',
    'cross_site_request',
    () => ({ 'X-CSRF': '1', Origin: own(), 'Sec-Fetch-Site': 'cross-site' }),
  ],
  ['same-site without an Origin', 'cross_site_request', () => ({ 'X-CSRF': '1', 'Sec-Fetch-Site': 'same-site' })],
];

describe.each(scripts)('B11 B12: a script’s %s %s', (method, path) => {
  it.each(refused)('with %s is refused as %s, and nothing happens', async (_what, code, headers) => {
    const answer = await send(method, path, { Accept: 'application/json', ...headers() });
    expect(answer.status).toBe(403);
    if (method !== 'HEAD') expect(JSON.parse(answer.body)).toMatchObject({ code, status: 403 });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    await nothingHappened();
  });
});

describe('a forged request with a valid session cookie', () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json',
  ];

  it.each(types)('B10 B12: as a POST of %s without the header reaches no API and logs nobody out', async type => {
    for (const path of ['/api/orders', '/logout']) {
      const answer = await send('POST', path, { 'Content-Type': type }, 'x=1');
      expect(answer.status).toBe(403);
    }
    await nothingHappened();
  });

  it('B10: from a sibling’s form, image or script changes nothing, not even the idle deadline', async () => {
    const before = (await script(browser, `${own()}/session`)).json()['session'];
    turnClock(600);
    for (const path of ['/api/orders', '/session', '/login', '/callback', '/logout/callback', '/']) {
      await browser.fetch(own() + path, { page: SIBLING, credentials: 'include' });
      await send('GET', path, {
        'Sec-Fetch-Site': 'same-site',
        'Sec-Fetch-Mode': 'no-cors',
        'Sec-Fetch-Dest': 'image',
      });
      if (path !== '/login') await send('GET', path, {});
    }
    await browser.navigate(`${own()}/logout`, { initiator: SIBLING, form: { x: '1' } });
    expect((await script(browser, `${own()}/session`)).json()['session']).toEqual(before);
    await nothingHappened();
  });

  it('B10: across sites comes without the Strict cookie, and without an answer that a script could read', async () => {
    const answer = await browser.fetch(`${own()}/api/orders`, {
      page: 'https://evil.example/',
      credentials: 'include',
      headers: { 'X-CSRF': '1' },
    });
    expect(answer.requestHeaders['cookie']).toBeUndefined();
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    await nothingHappened();
  });
});

describe('the app’s own script', () => {
  it('B12: with the header is served, with and without what the browser says of itself', async () => {
    for (const headers of [{}, { Origin: own() }, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }]) {
      expect((await send('GET', '/session', { 'X-CSRF': '1', ...headers })).status).toBe(200);
      expect((await send('GET', '/api/orders', { 'X-CSRF': '1', ...headers })).status).toBe(200);
    }
  });

  it('B12: sends the header with a value of its own, once', async () => {
    const answer = await send('GET', '/session', { 'X-CSRF': '1, 1' });
    expect(answer.status).toBe(403);
  });
});
