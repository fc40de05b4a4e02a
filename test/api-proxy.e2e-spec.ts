import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { type ProxyApplication, type RecordingApi, startApi, startProxyApplication } from './api-proxy-application.js';
import { hostilePaths } from './api-proxy-paths.js';

let api: RecordingApi;
let evil: RecordingApi;
let app: ProxyApplication;
const chunked = 'Transfer-Encoding: chunked';
const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', keepUnhandled);
  [api, evil] = await Promise.all([startApi(), startApi()]);
  app = await startProxyApplication([{ path: '/api/things', upstream: `${api.origin}/v1` }]);
});
beforeEach(() => {
  api.reset();
  evil.reset();
});
afterAll(async () => {
  await app.close();
  await Promise.all([api.close(), evil.close()]);
  process.off('unhandledRejection', keepUnhandled);
});

const codeOf = (body: string): unknown => JSON.parse(body).code;

describe('what is let through', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'])(
    '%s reaches the API as it is',
    async method => {
      const { status, body } = await app.fetch('/api/things/1?a=b', { method });
      expect({ status, body }).toEqual({ status: 200, body: '{"ok":true}' });
      expect(api.only).toMatchObject({ method, url: '/v1/1?a=b' });
    },
  );

  it.each(['?a=b&a=c', '?q=%zz&r=100%', '?x=[1]|{2}^`', '?', '?a=b?c=d', '?next=http://evil.test/../;x'])(
    'the query %s passes letter by letter',
    async query => {
      await app.raw(app.head(`GET /api/things/1${query} HTTP/1.1`));
      expect(api.only.url).toBe(`/v1/1${query}`);
    },
  );

  it('B10: a call without a session is refused before its body is read, and none reaches the API', async () => {
    const lines = app.head('POST /api/things HTTP/1.1', 'Content-Length: 9');
    const { status, body } = await app.raw(lines.filter(line => !line.startsWith('Cookie:')));
    expect([status, JSON.parse(body)]).toEqual([
      401,
      expect.objectContaining({ code: 'not_authenticated', loginUrl: '/login' }),
    ]);
    expect(api.arrived).toEqual([]);
  });

  it.each([
    ['no custom header', { 'X-CSRF': '' }, 'csrf_header_missing'],
    ['another value in it', { 'X-CSRF': '0' }, 'csrf_header_missing'],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 'cross_site_request'],
    ['another origin', { Origin: 'http://evil.test' }, 'cross_site_request'],
    ['an opaque origin', { Origin: 'null' }, 'cross_site_request'],
  ])('B10 B11: with %s nothing reaches the API', async (_name, headers, code) => {
    for (const method of ['GET', 'POST']) {
      const refused = await app.fetch('/api/things', { method, headers });
      expect([refused.status, codeOf(refused.body)]).toEqual([403, code]);
    }
    expect(api.arrived).toEqual([]);
  });

  it.each([
    ['Service-Worker', 'script'],
    ['Sec-Fetch-Dest', 'serviceworker'],
  ])('B25: a request for a service worker’s script (%s) is refused', async (name, value) => {
    const refused = await app.fetch('/api/things/worker.js', { headers: { [name]: value } });
    expect([refused.status, codeOf(refused.body)]).toEqual([403, 'service_worker_refused']);
    expect(api.arrived).toEqual([]);
  });

  it('S1: TRACE, which would show a script its cookie, is refused and says what is allowed', async () => {
    const { status, headers, body } = await app.raw(app.head('TRACE /api/things HTTP/1.1'));
    expect([status, codeOf(body)]).toEqual([405, 'method_not_allowed']);
    expect(headers['allow']).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
    expect(api.arrived).toEqual([]);
  });

  it('B15: a path that no route covers is forwarded nowhere', async () => {
    for (const path of ['/api', '/api/', '/api/thing', '/api/thingsand', '/api/Things', '/API/things']) {
      const refused = await app.fetch(path);
      expect([path, refused.status, codeOf(refused.body)]).toEqual([path, 404, 'unknown_api_route']);
    }
    expect(api.arrived).toEqual([]);
  });
});

describe('hostile paths and hosts, as bytes on the wire', () => {
  it.each(hostilePaths)('B14: /api/things%s reaches no API', async rest => {
    const { status } = await app.raw(app.head(`GET /api/things${rest} HTTP/1.1`));
    expect(status).toBe(400);
    expect(api.arrived).toEqual([]);
  });

  it.each(['/%2e%2e', '//', '/a%2fb', '/a;b'])('B14: the refusal of %s says why', async rest => {
    const { headers, body } = await app.raw(app.head(`GET /api/things${rest} HTTP/1.1`));
    expect(headers['content-type']).toMatch('application/problem+json');
    expect(codeOf(body)).toBe('api_path_refused');
  });

  it('B13: an absolute-form request line never leaves the allow-list', async () => {
    for (const target of [`${evil.origin}/api/things`, `http://localhost:${app.port}/api/things`, `${evil.origin}/`]) {
      const { status } = await app.raw(app.head(`GET ${target} HTTP/1.1`));
      expect(status).toBe(400);
    }
    expect([...api.arrived, ...evil.arrived]).toEqual([]);
  });

  it('B13: targets that look like another host make no call', async () => {
    const { host } = new URL(evil.origin);
    const targets = [
      `//${host}/api/things`,
      `/\\${host}/api/things`,
      `/@${host}/api/things`,
      `/api/things@${host}/`,
      `/api@${host}/things`,
    ];
    for (const target of [...targets, `/http://${host}/api/things`, `/api/${evil.origin}/`, `/api/things:80@${host}`]) {
      const { status } = await app.raw(app.head(`GET ${target} HTTP/1.1`));
      expect([target, status >= 400 && status < 500]).toEqual([target, true]);
    }
    expect([...api.arrived, ...evil.arrived]).toEqual([]);
  });

  it('B13: below the route such a text is only a path there', async () => {
    const { host } = new URL(evil.origin);
    await app.raw(app.head(`GET /api/things/@${host}/x HTTP/1.1`));
    expect(api.only.url).toBe(`/v1/@${host}/x`);
    expect(api.only.headers.host).toBe(new URL(api.origin).host);
  });

  it.each([
    'X-Forwarded-Host',
    'X-Host',
    'X-Original-Host',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Forwarded',
    'X-Forwarded-Server',
  ])('B13: %s moves nothing', async name => {
    const { host } = new URL(evil.origin);
    await app.fetch('/api/things/1', { headers: { [name]: name === 'Forwarded' ? `host=${host}` : host } });
    expect(api.only).toMatchObject({ url: '/v1/1', headers: { host: new URL(api.origin).host } });
    expect(evil.arrived).toEqual([]);
  });

  it('B13: a Host that is no frontend’s gets 421', async () => {
    const lines = app.head('GET /api/things HTTP/1.1').with(1, `Host: ${new URL(evil.origin).host}`);
    expect((await app.raw(lines)).status).toBe(421);
    expect([...api.arrived, ...evil.arrived]).toEqual([]);
  });

  const malformed: [name: string, fields: string[], body?: string][] = [
    ['both framings (CL.TE)', ['Content-Length: 6', chunked], '0\r\n\r\nG'],
    ['both framings (TE.CL)', [chunked, 'Content-Length: 3'], '1\r\nA\r\n0\r\n\r\n'],
    ['two lengths', ['Content-Length: 1', 'Content-Length: 2'], 'ab'],
    ['two equal lengths in one', ['Content-Length: 1, 1'], 'a'],
    ['a negative length', ['Content-Length: -1']],
    ['a signed length', ['Content-Length: +1'], 'a'],
    ['a length in hexadecimal', ['Content-Length: 0x1'], 'a'],
    ['a length beyond numbers', ['Content-Length: 99999999999999999999999'], 'a'],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['a further coding', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['chunked, not last', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['chunked twice', [chunked, chunked], '0\r\n\r\n'],
    ['a blank before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a coding after a tab', ['Transfer-Encoding:\x0bchunked'], '0\r\n\r\n'],
    ['a folded line', ['X-Folded: a', ' b']],
    ['a folded coding', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'],
    ['a line without a colon', ['Nonsense']],
    ['a name with a blank', ['X Name: a']],
    ['an empty name', [': a']],
    ['a NUL in a value', ['X-Name: a\0b']],
    ['a bare CR in a value', ['X-Name: a\rX-CSRF: 1']],
    ['a control character in a value', ['X-Name: a\x01b']],
    ['a header of 20 kB', [`X-Long: ${'x'.repeat(20_000)}`]],
    ['a cookie of 20 kB', [`Cookie: x=${'x'.repeat(20_000)}`]],
    ['Expect of something else', ['Expect: the-spanish-inquisition']],
  ];
  // An argument that isn't there would be Jest's callback.
  it.each(malformed.map(([name, fields, body = '']) => ({ name, fields, body })))(
    'S4 B13: $name gets a 4xx and reaches no API',
    async ({ fields, body }) => {
      const { status } = await app.raw(app.head('POST /api/things HTTP/1.1', ...fields), body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(api.arrived).toEqual([]);
    },
  );

  it.each([
    ['no host', 'POST /api/things HTTP/1.1\r\nX-CSRF: 1\r\n\r\n'],
    ['a URL of 20 kB', `GET /api/things/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a method nobody knows', 'STEAL /api/things HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a blank in the target', 'GET /api/things /x HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a tab in the target', 'GET /api/things\t/x HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target outside ASCII', 'GET /api/things/\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['another protocol', 'GET /api/things HTTQ/1.1\r\nHost: a\r\n\r\n'],
    ['a version to come', 'GET /api/things HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['HTTP/2’s preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n'],
  ])('S4: %s gets a 4xx and reaches no API', async (_name, head) => {
    const lines = head.replace(/Host: a\r\n\r\n$/, '');
    const whole = lines === head ? head : lines + app.head('').slice(1).join('\r\n') + '\r\n\r\n';
    const answer = await firstLine(app.port, whole);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(api.arrived).toEqual([]);
  });

  it('S4: CONNECT opens no tunnel', async () => {
    const { host } = new URL(evil.origin);
    expect(await firstLine(app.port, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).not.toMatch(/ 2\d\d /);
    expect([...api.arrived, ...evil.arrived]).toEqual([]);
  });

  it('S4: what comes after a refused request on its connection is no second request', async () => {
    const smuggled = app.head('GET /api/things/smuggled HTTP/1.1').join('\r\n');
    const head = app.head('POST /api/things HTTP/1.1', 'Content-Length: 5', chunked).join('\r\n');
    await firstLine(app.port, `${head}\r\n\r\n0\r\n\r\n${smuggled}\r\n\r\n`);
    await app.fetch('/api/things/after');
    expect(api.only.url).toBe('/v1/after');
  });

  it('S4: a body that a second request is hidden in stays a body', async () => {
    const hidden = 'GET /v1/hidden HTTP/1.1\r\nHost: a\r\n\r\n';
    await app.raw(app.head('POST /api/things HTTP/1.1', `Content-Length: ${hidden.length}`), hidden);
    await app.fetch('/api/things/after');
    expect(api.arrived.map(({ url, body }) => [url, body])).toEqual([
      ['/v1', hidden],
      ['/v1/after', ''],
    ]);
  });

  it('S1: after all that the next request is served, and no rejection went unhandled', async () => {
    expect((await app.fetch('/api/things')).status).toBe(200);
    expect(unhandled).toEqual([]);
  });
});

describe('what the API gets to see', () => {
  const fieldNames = () => api.only.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());

  it('B17: no cookie, no Authorization of the browser’s, and exactly one access token', async () => {
    app.browser.setCookie(app.origin, 'other=1; Path=/');
    await app.fetch('/api/things', {
      headers: { Authorization: 'Bearer from-the-browser', DPoP: 'x', 'Proxy-Authorization': 'Basic x' },
    });
    expect(api.only.headers.authorization).toBe(`Bearer ${app.accessToken}`);
    expect(fieldNames().filter(name => name === 'authorization')).toHaveLength(1);
    expect(fieldNames()).not.toEqual(expect.arrayContaining(['cookie']));
    // without the token: it's random, and may hold any four letters
    const rest = JSON.stringify(api.only.rawHeaders).replace(app.accessToken, '');
    expect(rest).not.toMatch(/from-the-browser|other=1|session|dpop|proxy-/i);
  });

  it('B17: nothing that the browser says to the BFF goes on', async () => {
    const forUs = {
      'X-Session-Passive': '1',
      Referer: `${app.origin}/`,
      Origin: app.origin,
      'Sec-GPC': '1',
      'Sec-CH-UA': 'x',
      'Access-Control-Request-Method': 'X',
    };
    await app.fetch('/api/things', { method: 'POST', headers: { ...forUs, 'X-Mine': 'kept', Accept: 'text/x' } });
    expect(fieldNames().toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'accept-language',
      'authorization',
      'connection',
      'content-length',
      'forwarded',
      'host',
      'user-agent',
      'x-mine',
    ]);
    expect(api.only.headers).toMatchObject({ accept: 'text/x', 'x-mine': 'kept' });
  });

  it('B17: hop-by-hop fields end here, as does what Connection names', async () => {
    const hops = [
      'Connection: keep-alive, X-Hop , "q"',
      'X-Hop: 1',
      'Keep-Alive: timeout=9',
      'TE: trailers',
      'Trailer: X',
      'Upgrade: h2c',
      'HTTP2-Settings: x',
      'Proxy-Connection: x',
    ];
    await app.raw(app.head('GET /api/things HTTP/1.1', ...hops));
    expect(fieldNames().toSorted()).toEqual(['authorization', 'connection', 'forwarded', 'host']);
  });

  it('B17: naming our own fields in Connection takes none of them away', async () => {
    await app.raw(
      app.head('GET /api/things HTTP/1.1', 'Connection: close, Authorization, Forwarded, Host, Content-Length'),
    );
    expect(api.only.headers).toMatchObject({
      authorization: `Bearer ${app.accessToken}`,
      forwarded: expect.any(String),
    });
  });

  it('B20: the client’s address, our host and scheme are forwarded on purpose, and what the browser claims isn’t', async () => {
    const claims = [
      'Forwarded',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X_Forwarded_For',
      'X-Real-IP',
      'X_REAL_IP',
      'True-Client-IP',
      'CF-Connecting-IP',
      'Via',
      'Client-Cert',
      'Client_Cert',
    ];
    await app.fetch('/api/things', { headers: Object.fromEntries(claims.map(name => [name, '6.6.6.6'])) });
    expect(api.only.headers['forwarded']).toBe(`for=127.0.0.1;host="localhost:${app.port}";proto=http`);
    expect(JSON.stringify(api.only.rawHeaders)).not.toContain('6.6.6.6');
  });

  it('a body goes on with its length, and with no other framing', async () => {
    await app.fetch('/api/things', { method: 'POST', json: { a: 'ü' }, headers: { 'Content-Length': '10' } });
    expect(api.only).toMatchObject({
      body: '{"a":"Ã¼"}',
      headers: { 'content-length': '10', 'content-type': 'application/json' },
    });
    expect(fieldNames()).not.toContain('transfer-encoding');
  });

  it('a chunked body goes on whole, and in one framing', async () => {
    await app.raw(
      app.head('PUT /api/things HTTP/1.1', chunked),
      '3;ext=1\r\none\r\n3\r\ntwo\r\n0\r\nX-Trailer: 1\r\n\r\n',
    );
    expect(api.only.body).toBe('onetwo');
    expect(fieldNames().filter(name => name === 'content-length' || name === 'transfer-encoding')).toHaveLength(1);
    expect(fieldNames()).not.toContain('x-trailer');
  });

  it('an empty POST says that it’s empty', async () => {
    await app.fetch('/api/things', { method: 'POST' });
    expect(api.only.headers['content-length']).toBe('0');
  });
});

describe('a frontend with another origin of its site, behind a trusted proxy', () => {
  const spa = 'http://localhost:1';
  let shared: ProxyApplication;

  beforeAll(async () => {
    const more = { allowedOrigins: [spa], trustedProxies: ['127.0.0.1'] };
    shared = await startProxyApplication([{ path: '/api', upstream: api.origin }], more);
  });
  afterAll(() => shared.close());

  it('B24: a preflight is answered here, for its origin only, and never forwarded', async () => {
    const preflight = (origin: string) =>
      shared.fetch('/api/x', {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'X-CSRF': '' },
      });
    expect((await preflight(spa)).status).toBe(204);
    expect((await preflight('http://localhost:2')).status).toBe(403);
    expect((await preflight('null')).status).toBe(403);
    expect(api.arrived).toEqual([]);
  });

  it('B24: the CORS answer is ours, whatever the API says', async () => {
    api.reply = (_request, response) =>
      response
        .writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': '*', Vary: 'Accept' })
        .end();
    const { headers } = await shared.fetch('/api/x', { page: `${spa}/`, credentials: 'include' });
    expect(headers['access-control-allow-origin']).toBe(spa);
    expect(headers['access-control-expose-headers']).not.toContain('*');
    expect(headers['vary']).toBe('Origin, Accept, Cookie');
  });

  it('B25: its answers may be embedded by the same site', async () => {
    expect((await shared.fetch('/api/x')).headers['cross-origin-resource-policy']).toBe('same-site');
  });

  it('B20: an IPv6 client is written as RFC 7239 §6 wants it', async () => {
    await shared.fetch('/api/x', { headers: { 'X-Forwarded-For': '2001:db8::1' } });
    expect(api.only.headers['forwarded']).toMatch(/^for="\[2001:db8::1\]";host=/);
  });
});

it('B15: an empty route table forwards nothing', async () => {
  const closed = await startProxyApplication([]);
  const refused = await closed.fetch('/api/things');
  expect([refused.status, codeOf(refused.body)]).toEqual([404, 'unknown_api_route']);
  await closed.close();
});

/** The first line that comes back; empty when the connection is closed without one. */
function firstLine(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.setTimeout(5000, () => socket.destroy(new Error('No answer in 5 s')));
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n')) socket.destroy();
    });
    socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? undefined : reject(error)));
    socket.on('close', () => resolve(text.split('\r\n', 1).join('')));
  });
}
