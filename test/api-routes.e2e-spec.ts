import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ProxyApplication, type RecordingApi, startApi, startProxyApplication } from './api-proxy-application.js';
import type { IncomingMessage } from 'node:http';
import { HttpBrowser } from './support/http-browser.js';

/** What the API sees without a session, and with one; `401`: nothing, as the call is refused. */
const KINDS = [
  { path: '/api/user', anonymous: 401, member: 'user' },
  { path: '/api/none', anonymous: 'none', member: 'none' },
  { path: '/api/none-for-members', anonymous: 401, member: 'none' },
  { path: '/api/user-or-none', anonymous: 'none', member: 'user' },
  { path: '/api/client', anonymous: 'client', member: 'client' },
  { path: '/api/client-for-members', anonymous: 401, member: 'client' },
  { path: '/api/user-or-client', anonymous: 'client', member: 'user' },
] as const;

let api: RecordingApi;
let app: ProxyApplication;
const stranger = new HttpBrowser();

beforeAll(async () => {
  api = await startApi();
  const upstream = `${api.origin}/v1`;
  app = await startProxyApplication([
    { path: '/api/user', upstream },
    { path: '/api/none', upstream, token: 'none' },
    { path: '/api/none-for-members', upstream, token: 'none', requireSession: true },
    { path: '/api/user-or-none', upstream, token: 'user-or-none' },
    { path: '/api/client', upstream, token: 'client', scope: 'of:client' },
    { path: '/api/client-for-members', upstream, token: 'client', requireSession: true },
    { path: '/api/user-or-client', upstream, token: 'user-or-client' },
    { path: '/api/read', upstream, methods: ['GET', 'QUERY'] },
    { path: '/api/some', upstream, paths: ['/orders', '/orders/*/items', '/v1.0/**'] },
    { path: '/api/root', upstream, paths: ['/'] },
    { path: '/api/files', upstream, navigable: true },
  ]);
});
beforeEach(() => api.reset());
afterAll(async () => {
  await app.close();
  await api.close();
});

const anonymously = (path: string, headers: Record<string, string> = {}) =>
  stranger.fetch(app.origin + path, { page: `${app.origin}/`, headers: { 'X-CSRF': '1', ...headers } });
const codeOf = (body: string): unknown => JSON.parse(body).code;

/** Whose token reached the API. */
function sent(): string {
  const token = api.only.headers.authorization?.replace('Bearer ', '');
  if (token === undefined) return 'none';
  return app.authorizationServer.grants.find(token)?.sub === 'alice' ? 'user' : 'client';
}

describe('whose token an API gets', () => {
  it.each(KINDS)('B10 B17: $path without a session: $anonymous; no cookie, nothing of the browser’s', async kind => {
    stranger.setCookie(app.origin, 'other=1; Path=/');
    const { status, body } = await anonymously(kind.path, { Authorization: 'Bearer from-the-browser', DPoP: 'x' });
    if (kind.anonymous === 401) {
      expect([status, codeOf(body), api.arrived]).toEqual([401, 'not_authenticated', []]);
      return;
    }
    expect([status, sent()]).toEqual([200, kind.anonymous]);
    expect(JSON.stringify(api.only.rawHeaders)).not.toMatch(/cookie|dpop|from-the-browser|other=1/i);
  });

  it.each(KINDS)('B16 B17: $path with a session: $member; and the browser sees no token', async kind => {
    const said = (request: IncomingMessage) => (request.headers.authorization ?? '').replace('Bearer ', '');
    api.reply = (request, response) => response.setHeader('X-Said', said(request)).end('{}');
    const { status, headers } = await app.fetch(kind.path, { headers: { Authorization: 'Bearer from-the-browser' } });
    expect([status, sent()]).toEqual([200, kind.member]);
    expect(api.only.headers.cookie).toBeUndefined();
    expect(headers['x-said'] ?? '').toBe('');
  });

  it.each(KINDS)('B11 B12: $path wants the header, and no other origin’s, of everybody', async ({ path }) => {
    for (const ask of [anonymously, (url: string, headers = {}) => app.fetch(url, { headers })]) {
      for (const [headers, code] of [
        [{ 'X-CSRF': '' }, 'csrf_header_missing'],
        [{ 'Sec-Fetch-Site': 'cross-site' }, 'cross_site_request'],
        [{ Origin: 'null' }, 'cross_site_request'],
      ] as const) {
        const refused = await ask(path, headers);
        expect([refused.status, codeOf(refused.body)]).toEqual([403, code]);
      }
    }
    expect(api.arrived).toEqual([]);
  });

  it('B17: an API’s 401 on a route without a token is the answer, and forces no refresh', async () => {
    api.reply = (_request, response) => response.writeHead(401).end();
    expect((await app.fetch('/api/none-for-members')).status).toBe(401);
    expect(api.arrived).toHaveLength(1);
    expect(app.authorizationServer.count('token', 'refresh_token')).toBe(0);
  });
});

describe('a step-up (RFC 9470)', () => {
  it.each(KINDS)('B23: on $path is offered where the token is the user’s, whom a login can help', async kind => {
    const challenge = 'Bearer error="insufficient_user_authentication", max_age=5';
    api.reply = (_request, response) => response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    const { status, body } = await app.fetch(kind.path);
    const offered = body === '' ? undefined : codeOf(body);
    expect([status, offered]).toEqual([401, kind.member === 'user' ? 'step_up_required' : undefined]);
    expect(api.arrived).toHaveLength(1);
  });
});

describe('what a route takes', () => {
  it.each(['POST', 'DELETE', 'OPTIONS', 'TRACE'])(
    'B15: %s, which the route doesn’t list, is sent nowhere',
    async method => {
      const { status, headers, body } = await app.raw(app.head(`${method} /api/read/1 HTTP/1.1`, 'Connection: close'));
      expect([status, headers['allow'], codeOf(body)]).toEqual([405, 'GET, QUERY', 'method_not_allowed']);
      expect(api.arrived).toEqual([]);
    },
  );

  it('B15: HEAD isn’t taken for GET', async () => {
    expect((await app.fetch('/api/read/1', { method: 'HEAD' })).status).toBe(405);
    expect(api.arrived).toEqual([]);
  });

  it.each(['GET', 'QUERY'])('B15: %s, which it lists, is', async method => {
    expect((await app.fetch('/api/read/1', { method })).status).toBe(200);
    expect(api.only.method).toBe(method);
  });

  it.each([
    ['/some/orders', '/v1/orders'],
    ['/some/orders?a=/x', '/v1/orders?a=/x'],
    ['/some/orders/a%20b/items', '/v1/orders/a%20b/items'],
    ['/some/v1.0/a/b/', '/v1/v1.0/a/b/'],
    ['/root', '/v1'],
    ['/root/', '/v1/'],
  ])('B15: /api%s is one of the route’s paths', async (path, expected) => {
    expect((await app.fetch(`/api${path}`)).status).toBe(200);
    expect(api.only.url).toBe(expected);
  });

  it.each([
    '/some',
    '/some/',
    '/some/Orders',
    '/some/orders/',
    '/some/orders/1',
    '/some/%6frders',
    '/some/orders/1/items/2',
    '/some/orders/1/2/items',
    '/some/orders//items',
    '/some/v1.0',
    '/some/v1.0/',
    '/some/v1x0/a',
    '/some/x/orders',
    '/root/x',
  ])('B14 B15: /api%s is none, and goes nowhere', async path => {
    expect([400, 404]).toContain((await app.raw(app.head(`GET /api${path} HTTP/1.1`))).status);
    expect(api.arrived).toEqual([]);
  });
});

describe('a navigable route', () => {
  const link = (more: Record<string, string> = {}) => ({
    'Sec-Fetch-Site': 'same-origin',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
    Accept: 'text/html',
    ...more,
  });
  const ask = (path: string, headers: Record<string, string>, method = 'GET', cookie = true) => {
    const lines = app.head(
      `${method} ${path} HTTP/1.1`,
      'Connection: close',
      ...Object.entries(headers).map(field => field.join(': ')),
    );
    return app.raw(lines.filter(line => line !== 'X-CSRF: 1' && (cookie || !line.startsWith('Cookie:'))));
  };

  it.each(['GET', 'HEAD'])('B12: a %s that the app’s own page links to needs no header', async method => {
    const headers = { ...link(), Cookie: app.cookie };
    expect((await fetch(`${app.origin}/api/files/1`, { method, headers })).status).toBe(200);
    expect(sent()).toBe('user');
  });

  it.each([
    ['document', 'navigate'],
    ['image', 'no-cors'],
    ['audio', 'no-cors'],
    ['video', 'no-cors'],
    ['track', 'same-origin'],
    ['empty', 'navigate'],
  ])(
    'B12 B25: what is shown or saved needs no header (%s, %s), and a cache keeps it for that alone',
    async (dest, mode) => {
      api.reply = (_request, response) => response.setHeader('Cache-Control', 'max-age=60').end('{}');
      const { status, headers } = await ask('/api/files/1', link({ 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': mode }));
      expect([status, headers['vary']]).toEqual([200, 'Cookie, Sec-Fetch-Dest']);
      expect(sent()).toBe('user');
    },
  );

  const others = [
    ['script', 'style', 'worker', 'sharedworker', 'serviceworker', 'paintworklet', 'audioworklet', 'xslt', 'json'],
    ['iframe', 'frame', 'fencedframe', 'object', 'embed', 'manifest', 'font', 'report', 'webidentity', 'empty'],
    ['', 'Image', 'image, script', 'images', 'toString'],
  ].flat();
  it.each(others)(
    'B10 B25: what runs, or what a script asks for, needs the header (%s), whatever the mode',
    async dest => {
      const modes = ['no-cors', 'cors', 'same-origin', ...(dest === 'empty' ? [] : ['navigate'])];
      for (const mode of modes) {
        const { status, body } = await ask('/api/files/1', link({ 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': mode }));
        expect([mode, status, body]).toEqual([mode, 403, expect.stringContaining('The X-CSRF header is missing')]);
      }
      expect(api.arrived).toEqual([]);
    },
  );

  it('B10 B25: a browser that doesn’t say what it’s for isn’t believed, nor one that says two things', async () => {
    const { 'Sec-Fetch-Dest': destination, ...unsaid } = link();
    for (const headers of [unsaid, { ...unsaid, 'Sec-Fetch-Dest': destination, 'sec-fetch-dest': 'script' }]) {
      expect((await ask('/api/files/1', headers)).status).toBe(403);
    }
    expect(api.arrived).toEqual([]);
  });

  it.each([
    ['a sibling’s page', { 'Sec-Fetch-Site': 'same-site' }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['the address bar', { 'Sec-Fetch-Site': 'none' }],
    ['another origin', { Origin: 'http://evil.test' }],
  ])('B10: a link from %s opens nothing', async (_name, more) => {
    expect((await ask('/api/files/1', link(more))).status).toBe(403);
    expect(api.arrived).toEqual([]);
  });

  it('B10: a browser that doesn’t say where the link stands isn’t believed', async () => {
    expect((await ask('/api/files/1', { Accept: 'text/html' })).status).toBe(403);
    expect(api.arrived).toEqual([]);
  });

  it('B12: neither another method nor another route does without the header', async () => {
    for (const [method, path] of [
      ['POST', '/api/files/1'],
      ['GET', '/api/user'],
    ] as const) {
      expect((await ask(path, link(), method)).status).toBe(403);
    }
    expect(api.arrived).toEqual([]);
  });

  it('a link that fails ends in a page that leads on', async () => {
    const { status, headers, body } = await ask('/api/files/1', link(), 'GET', false);
    expect([status, headers['content-type']]).toEqual([401, expect.stringContaining('text/html')]);
    expect(body).toContain('href="/login"');
    expect(api.arrived).toEqual([]);
  });
});
