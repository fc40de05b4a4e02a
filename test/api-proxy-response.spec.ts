import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { freePort } from './support/free-port.js';
import {
  closeServer,
  portOf,
  type ProxyApplication,
  type RecordingApi,
  startApi,
  startProxyApplication,
  startRawApi,
} from './api-proxy-application.js';

let api: RecordingApi;
let evil: RecordingApi;
let raw: TcpServer;
let rawAnswer = '';
let app: ProxyApplication;

beforeAll(async () => {
  [api, evil] = await Promise.all([startApi(), startApi()]);
  raw = await startRawApi(socket => socket.end(rawAnswer, 'latin1'));
  const upstream = `${api.origin}/v1`;
  app = await startProxyApplication([
    { path: '/api/things', upstream },
    { path: '/api/cookies', upstream, passSetCookie: true },
    { path: '/api/pages', upstream, passSecurityHeaders: true },
    { path: '/api/leaving', upstream, location: 'pass' },
    { path: '/api/raw', upstream: `http://127.0.0.1:${portOf(raw)}` },
    { path: '/api/gone', upstream: `http://127.0.0.1:${await freePort()}` },
  ]);
});
beforeEach(() => {
  api.reset();
  evil.reset();
});
afterAll(async () => {
  await app.close();
  await Promise.all([api.close(), evil.close(), closeServer(raw)]);
});

function answer(status: number, headers: Record<string, string | string[]> = {}, body = ''): void {
  api.reply = (_request, response) => response.writeHead(status, headers).end(body);
}
const codeOf = (body: string): unknown => JSON.parse(body).code;

describe('fields of an API’s answer', () => {
  it('B17: its Set-Cookie is dropped', async () => {
    answer(200, { 'Set-Cookie': ['a=1', '__Host-Http-session=evil; Secure; Path=/'] });
    expect((await app.fetch('/api/things')).setCookie).toEqual([]);
  });

  it('B17: a route that passes Set-Cookie never passes one of our names, nor one without a name', async () => {
    const ours = [
      '__Host-Http-session=x',
      '__host-http-session=x',
      '__Host-Http-login.abc=x',
      '__Http-a=1',
      ' __Host-Http-logout =x',
    ];
    answer(200, { 'Set-Cookie': ['a=1; Path=/', ...ours, '=__Host-Http-session=x', '__Host-Http-session', '', 'b=2'] });
    expect((await app.fetch('/api/cookies')).setCookie).toEqual(['a=1; Path=/', 'b=2']);
  });

  it.each([
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Credentials',
    'Access-Control-Allow-Headers',
    'Access-Control-Expose-Headers',
    'Access-Control-Max-Age',
    'Access-Control-Allow-Private-Network',
    'Timing-Allow-Origin',
  ])('B24: %s is dropped, also where security headers pass', async name => {
    answer(200, { [name]: 'evil' });
    for (const path of ['/api/things', '/api/pages']) {
      expect((await app.fetch(path)).headers).not.toHaveProperty(name.toLowerCase());
    }
  });

  it.each([
    'Strict-Transport-Security',
    'Clear-Site-Data',
    'Service-Worker-Allowed',
    'Service-Worker-Navigation-Preload',
    'Refresh',
    'Alt-Svc',
    'Report-To',
    'Reporting-Endpoints',
    'NEL',
    'WWW-Authenticate',
    'Proxy-Authenticate',
    'Authentication-Info',
    'Server',
    'Public-Key-Pins',
    'Expect-CT',
    'SourceMap',
    'X-SourceMap',
    'X-Accel-Redirect',
    'X-Sendfile',
    'Accept-CH',
    'Set-Login',
    'Sec-Session-Registration',
    'DPoP-Nonce',
  ])('B25: %s is dropped, also where security headers pass', async name => {
    answer(200, { [name]: 'evil' });
    for (const path of ['/api/things', '/api/pages']) {
      expect((await app.fetch(path)).headers[name.toLowerCase()] ?? '').not.toContain('evil');
    }
  });

  it.each([
    'Content-Security-Policy',
    'Content-Security-Policy-Report-Only',
    'X-Frame-Options',
    'Cross-Origin-Resource-Policy',
  ])('B25: %s is the BFF’s to say, unless the route passes it', async name => {
    answer(200, { [name]: 'of-the-api' });
    expect((await app.fetch('/api/things')).headers[name.toLowerCase()]).not.toBe('of-the-api');
    expect((await app.fetch('/api/pages')).headers[name.toLowerCase()]).toBe('of-the-api');
  });

  it('B25: an answer can neither run as the app nor be embedded or sniffed', async () => {
    answer(200, { 'Content-Type': 'text/html' }, '<script>alert(1)</script>');
    expect((await app.fetch('/api/things')).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  it('B25: what Connection names is dropped, and Keep-Alive', async () => {
    const fields = ['Connection: close, X-Hop', 'Keep-Alive: evil', 'X-Hop: 1', 'X-Kept: 1', 'Content-Length: 0'];
    rawAnswer = ['HTTP/1.1 200 OK', ...fields, '', ''].join('\r\n');
    const { headers } = await app.fetch('/api/raw');
    expect(headers['x-hop']).toBeUndefined();
    expect(headers['keep-alive'] ?? '').not.toContain('evil');
    expect(headers['x-kept']).toBe('1');
  });

  it('B25: what was dropped is said once a route, in the debug log', async () => {
    const said = app
      .events('api_response_stripped')
      .filter(({ route, header }) => route === '/api/things' && header !== '[redacted]');
    expect(said).toContainEqual(expect.objectContaining({ header: 'clear-site-data', frontend: 'default' }));
    expect(new Set(said.map(({ header }) => header)).size).toBe(said.length);
  });

  it('B26: without a word of the API’s the answer is stored nowhere', async () => {
    expect((await app.fetch('/api/things')).headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' });
  });

  it('B26: shared caches are told nothing', async () => {
    const shared = [
      'CDN-Cache-Control',
      'Cloudflare-CDN-Cache-Control',
      'Surrogate-Control',
      'Surrogate-Key',
      'Edge-Control',
      'X-Accel-Expires',
      'Expires',
    ];
    answer(200, {
      'Cache-Control': 'public, max-age=60, s-maxage=600',
      ...Object.fromEntries(shared.map(name => [name, 'max-age=600'])),
    });
    const { headers } = await app.fetch('/api/things');
    expect(headers['cache-control']).toBe('private, max-age=60');
    for (const name of shared) expect(headers).not.toHaveProperty(name.toLowerCase());
  });

  it('B26: Vary names Cookie beside what the API names', async () => {
    answer(200, { Vary: ['Accept-Encoding, cookie', 'Accept'] });
    expect((await app.fetch('/api/things')).headers['vary']).toBe('Accept-Encoding, Cookie, Accept');
  });

  it('B16: a field that repeats the access token is dropped', async () => {
    api.reply = (request, response) =>
      response.writeHead(200, { 'X-Echo': request.headers.authorization, 'X-Kept': '1' }).end();
    const { headers } = await app.fetch('/api/things');
    expect(headers['x-kept']).toBe('1');
    expect(JSON.stringify(headers)).not.toContain(app.accessToken);
  });

  it('B20: 429 and Retry-After pass', async () => {
    answer(429, { 'Retry-After': '17' }, 'slow down');
    expect(await app.fetch('/api/things')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '17' },
      body: 'slow down',
    });
  });

  it.each([400, 403, 404, 409, 418, 422, 500, 503, 599])('the API’s own %d passes with its body', async status => {
    answer(status, { 'Content-Type': 'application/problem+json', 'X-Request-Id': 'a1' }, '{"of":"the API"}');
    const hop = await app.fetch('/api/things');
    expect(hop).toMatchObject({ status, body: '{"of":"the API"}', headers: { 'x-request-id': 'a1' } });
  });
});

describe('kinds of answers', () => {
  it('HEAD has the length and no body', async () => {
    answer(200, { 'Content-Length': '12345', ETag: '"a"' });
    const hop = await app.fetch('/api/things', { method: 'HEAD' });
    expect(hop).toMatchObject({ status: 200, body: '', headers: { 'content-length': '12345', etag: '"a"' } });
    expect(api.only.method).toBe('HEAD');
  });

  it('a conditional request is answered with 304 and the ETag', async () => {
    answer(304, { ETag: '"a"', 'Cache-Control': 'max-age=5' });
    const hop = await app.fetch('/api/things', { headers: { 'If-None-Match': '"a"' } });
    expect(hop).toMatchObject({
      status: 304,
      body: '',
      headers: { etag: '"a"', 'cache-control': 'private, max-age=5' },
    });
    expect(api.only.headers['if-none-match']).toBe('"a"');
  });

  it('a range is answered with 206', async () => {
    answer(206, { 'Content-Range': 'bytes 1-2/9', 'Content-Length': '2' }, 'bc');
    const hop = await app.fetch('/api/things', { headers: { Range: 'bytes=1-2' } });
    expect(hop).toMatchObject({
      status: 206,
      body: 'bc',
      headers: { 'content-range': 'bytes 1-2/9', 'content-length': '2' },
    });
    expect(api.only.headers['range']).toBe('bytes=1-2');
  });

  it('204 has neither body nor length', async () => {
    rawAnswer = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n';
    const { status, headers, body } = await app.raw(app.head('GET /api/raw HTTP/1.1'));
    expect([status, headers['content-length'], headers['transfer-encoding'], body]).toEqual([
      204,
      undefined,
      undefined,
      '',
    ]);
  });

  it('a compressed body goes through untouched', async () => {
    const compressed = gzipSync('hello'.repeat(100));
    api.reply = (_request, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': compressed.length }).end(compressed);
    const hop = await app.fetch('/api/things');
    expect(hop).toMatchObject({
      body: 'hello'.repeat(100),
      headers: { 'content-encoding': 'gzip', 'content-length': String(compressed.length) },
    });
    expect(api.only.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('interim answers are left out', async () => {
    rawAnswer =
      'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
    expect(await app.fetch('/api/raw')).toMatchObject({ status: 200, body: 'hi' });
  });

  it('an old server’s answer ends with its connection', async () => {
    rawAnswer = 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but whole';
    expect(await app.fetch('/api/raw')).toMatchObject({ status: 200, body: 'old but whole' });
  });

  it('fields outside ASCII come out with the bytes they had', async () => {
    rawAnswer = 'HTTP/1.1 200 OK\r\nX-Name: J\xfcrgen \xc3\xa9\r\nContent-Length: 0\r\n\r\n';
    expect((await app.fetch('/api/raw')).headers['x-name']).toBe('J\xfcrgen \xc3\xa9');
  });

  it('fifty at once each get their own answer', async () => {
    api.reply = (request, response) => response.end(request.url);
    const paths = Array.from({ length: 50 }, (_, index) => `/${index}`);
    const hops = await Promise.all(paths.map(path => app.fetch(`/api/things${path}`)));
    expect(hops.map(({ body }) => body)).toEqual(paths.map(path => `/v1${path}`));
  });
});

describe('redirects of an API', () => {
  it('B27: one inside the route is mapped back, and leads there', async () => {
    api.reply = (request, response) =>
      request.url === '/v1/old'
        ? response.writeHead(302, { Location: `${api.origin}/v1/new?a=b` }).end()
        : response.end(request.url);
    const redirect = await app.fetch('/api/things/old', { redirect: 'manual' });
    expect([redirect.status, redirect.headers['location']]).toEqual([302, '/api/things/new?a=b']);
    expect((await app.fetch('/api/things/old')).body).toBe('/v1/new?a=b');
  });

  it.each([301, 302, 303, 307, 308])(
    'B27 B13: a %d out of the route is refused, and nobody follows it',
    async status => {
      answer(status, { Location: `${evil.origin}/v1/x` });
      const refused = await app.fetch('/api/things', { redirect: 'manual' });
      expect([refused.status, codeOf(refused.body)]).toEqual([502, 'api_redirect_refused']);
      expect(refused.headers).not.toHaveProperty('location');
      expect(JSON.stringify(refused)).not.toContain(evil.origin);
      expect([api.arrived.length, evil.arrived.length]).toEqual([1, 0]);
    },
  );

  it('B27: a route may pass it on, still unfollowed', async () => {
    answer(302, { Location: `${evil.origin}/v1/x` });
    const passed = await app.fetch('/api/leaving', { redirect: 'manual' });
    expect([passed.status, passed.headers['location']]).toEqual([302, `${evil.origin}/v1/x`]);
    expect(evil.arrived).toEqual([]);
  });

  it('B27 B16: no route passes one on that carries the token', async () => {
    answer(302, { Location: `https://elsewhere.test/?access_token=${app.accessToken}` });
    expect((await app.fetch('/api/leaving', { redirect: 'manual' })).status).toBe(502);
  });

  it('B27: two Locations are none', async () => {
    rawAnswer = 'HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n';
    const refused = await app.fetch('/api/raw', { redirect: 'manual' });
    expect([refused.status, codeOf(refused.body)]).toEqual([502, 'api_response_invalid']);
  });

  it('B27: 201 names the new thing by its public path', async () => {
    answer(201, { Location: '/v1/7' }, 'made');
    const made = await app.fetch('/api/things', { method: 'POST' });
    expect([made.status, made.headers['location'], made.body]).toEqual([201, '/api/things/7', 'made']);
  });
});

describe('Content-Location of an API', () => {
  it.each([
    ['/v1/7', '/api/things/7'],
    ['7?a=b', '/api/things/7?a=b'],
    ['{api}/v1/7', '/api/things/7'],
    ['{api}/elsewhere', undefined],
    ['http://inside.test:8080/7', undefined],
  ])('B27: %s is %s to the browser', async (value, shown) => {
    answer(200, { 'Content-Location': value.replace('{api}', api.origin) });
    expect((await app.fetch('/api/things/x')).headers['content-location']).toBe(shown);
  });
});

describe('answers that can’t be passed on', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'api_response_invalid'],
    ['a field without a colon', `${ok}Nonsense\r\n\r\n`, 'api_response_invalid'],
    ['a control character', `${ok}X: a\x01b\r\nContent-Length: 0\r\n\r\n`, 'api_response_invalid'],
    ['a NUL', `${ok}X: a\0b\r\nContent-Length: 0\r\n\r\n`, 'api_response_invalid'],
    ['a bare CR', `${ok}X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n`, 'api_response_invalid'],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 'api_response_invalid'],
    ['both framings', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'api_response_invalid'],
    ['a length that is none', `${ok}Content-Length: x\r\n\r\n`, 'api_response_invalid'],
    ['a status out of range', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', 'api_response_invalid'],
    ['a header of 100 kB', `${ok}X: ${'x'.repeat(100_000)}\r\n\r\n`, 'api_response_invalid'],
    ['nothing at all', '', 'api_unreachable'],
    ['half a header', `${ok}Content-Le`, 'api_unreachable'],
  ])('S1: %s becomes a 502 of the table', async (_name, bytes, code) => {
    rawAnswer = bytes;
    const refused = await app.fetch('/api/raw');
    expect([refused.status, codeOf(refused.body)]).toEqual([502, code]);
    expect(refused.headers).toMatchObject({
      'content-type': expect.stringContaining('problem+json'),
      'cache-control': 'no-store',
    });
  });

  it('S1: switching protocols unasked is no answer', async () => {
    rawAnswer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
    expect((await app.fetch('/api/raw')).status).toBe(502);
  });

  it('S1: an API that isn’t there is a 502 that may be retried', async () => {
    const refused = await app.fetch('/api/gone', { method: 'POST', body: 'x' });
    expect([refused.status, codeOf(refused.body)]).toEqual([502, 'api_unreachable']);
  });

  it('S3: the log says which route failed and why, and holds no token', async () => {
    rawAnswer = 'SSH-2.0\r\n';
    await app.fetch('/api/raw/a?secret=in-the-query');
    await app.fetch('/api/gone');
    const failed = app.events('api_failed').slice(-2);
    expect(failed).toEqual([
      expect.objectContaining({
        route: '/api/raw',
        code: 'api_response_invalid',
        reason: 'HTTPParserError',
        frontend: 'default',
      }),
      expect.objectContaining({
        route: '/api/gone',
        code: 'api_unreachable',
        reason: 'ECONNREFUSED',
        reference: expect.any(String),
      }),
    ]);
    for (const needle of [app.accessToken, 'in-the-query', app.cookie.slice(-20)])
      expect(app.logText).not.toContain(needle);
  });

  it('B20: each call is counted by route and class of status', async () => {
    answer(404);
    await app.fetch('/api/things');
    await app.fetch('/api/gone');
    const metrics = await app.metrics();
    expect(metrics).toMatch(
      /parlour_proxied_requests_total\{frontend="default",route="\/api\/things",status="4xx"\} \d+/,
    );
    expect(metrics).toMatch(
      /parlour_proxied_requests_total\{frontend="default",route="\/api\/gone",status="5xx"\} \d+/,
    );
  });
});
