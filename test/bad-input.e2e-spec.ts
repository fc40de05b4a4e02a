import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/bff/endpoints.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser, rawRequest, type RawAnswer } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

let hostile: Hostile;
let api: ApiStub;
let parlour: Parlour;
let browser: HttpBrowser;
let host: string;
let cookie: string;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api=${api.url}` });
  browser = new HttpBrowser();
  await browser.navigate(`${parlour.url}/login`);
  host = `Host: localhost:${parlour.port}`;
  cookie = `Cookie: ${browser
    .cookies(parlour.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')}`;
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});
beforeEach(() => hostile.beHonest());
/** Nothing is lost: the session still works, and nothing of ours went wrong. An unhandled rejection fails the running test: Jest sees to that. */
afterEach(async () => {
  const session = await browser.fetch(`${parlour.url}/session`, { headers: { 'X-CSRF': '1' } });
  expect(session.json()).toMatchObject({ authenticated: true });
  expect(parlour.events('request_failed')).toEqual([]);
});

const X = 'X-CSRF: 1';
const send = (...lines: string[]) => rawRequest({ port: parlour.port, lines: [...lines, 'Connection: close'] });
const get = (target: string, ...lines: string[]) => send(`GET ${target} HTTP/1.1`, host, ...lines);
const codeOf = ({ body }: RawAnswer) => (JSON.parse(body) as { code: string }).code;

describe('a method that an endpoint doesn’t take', () => {
  const cases = Object.entries(ENDPOINTS).flatMap(([path, allow]) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH']
      .filter(method => !allow.split(', ').includes(method))
      .map(method => [method, path, allow] as const),
  );
  it.each(cases)('S1: %s %s is a 405 that allows %s', async (method, path, allow) => {
    const answer = await send(`${method} ${path} HTTP/1.1`, host, X, cookie);
    expect([answer.status, answer.headers['allow'], codeOf(answer)]).toEqual([405, allow, 'method_not_allowed']);
  });

  it.each(['BREW', 'get', 'GET\tX', ''])('S4: %j is none that HTTP knows: 400', async method => {
    expect((await send(`${method} /session HTTP/1.1`, host)).status).toBe(400);
  });
});

describe('a target that can’t be meant', () => {
  it.each([
    ['/nothing', 404, 'not_found'],
    ['//evil.example/', 404, 'not_found'],
    ['/%zz', 400, 'invalid_request'],
    ['/api/%zz', 400, 'invalid_request'],
    ['/%00', 404, 'not_found'],
    ['/api/a%00b', 403, 'csrf_header_missing'],
    ['/login?return_to=%zz', 400, 'invalid_return_to'],
    ['/login?return_to=/a&return_to=/b', 400, 'invalid_request'],
    ['/login?return_to[]=/a', 400, 'invalid_login_parameter'],
    ['/login?__proto__[x]=1', 400, 'invalid_login_parameter'],
    ['/login?prompt=login%0d%0aX-Evil:%20y', 400, 'invalid_login_parameter'],
    ['/login?return_to=/a%0d%0aX-Evil:%20y', 400, 'invalid_return_to'],
    ['/callback', 400, 'invalid_request'],
    ['/callback?state=%zz&code=x', 400, 'login_transaction_missing'],
    ['/callback?state=a&state=b&code=x', 400, 'invalid_request'],
    ['/callback?state=x&code=y', 400, 'login_transaction_missing'],
    [`/callback?state=${'x'.repeat(9000)}&code=y`, 400, 'login_transaction_missing'],
    ['/callback?code=y&iss=x', 400, 'login_transaction_missing'],
  ])('S1: GET %s is %d %s', async (target, status, code) => {
    const answer = await get(target);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(answer.headers['x-evil']).toBeUndefined();
  });

  it('S4: neither the absolute form nor OPTIONS * leads anywhere', async () => {
    for (const target of [`http://localhost:${parlour.port}/session`, 'http://evil.example/session', 'x:y']) {
      expect((await get(target, X, cookie)).status).toBe(400);
    }
    expect((await send('OPTIONS * HTTP/1.1', host)).status).toBe(400);
    expect((await get('session')).status).toBe(400);
  });

  it('S4: header injection by raw control characters is refused by the parser', async () => {
    for (const target of ['/a\0b', '/a\x01', '/a\rb', '/caf\xe9']) expect((await get(target)).status).toBe(400);
    for (const field of ['X: a\nSet-Cookie: x=y', 'X: a\rSet-Cookie: x=y', 'X: a\r\n folded', 'X: a\0b', 'X y: z'])
      expect([field, (await get('/session', X, field)).status]).toEqual([field, 400]);
  });
});

describe('a Host that is no frontend’s', () => {
  it.each(['evil.example', 'a b', 'x@localhost', 'localhost', 'localhost:1', '[::1]', '127.0.0.1', '', 'LOCALHOST.'])(
    'B29: %j is a 421, whatever the path',
    async name => {
      for (const path of ['/session', '/login', '/nothing', '/api/x']) {
        const answer = await send(`GET ${path} HTTP/1.1`, `Host: ${name}`, X, cookie);
        expect([path, answer.status, codeOf(answer)]).toEqual([path, 421, 'misdirected_request']);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
      expect(hostile.calls).toEqual([]);
    },
  );

  it('S4: no Host is 400 in HTTP/1.1 and 421 in HTTP/1.0; two are 400, whichever comes first', async () => {
    expect((await send('GET /session HTTP/1.1', X)).status).toBe(400);
    expect((await send('GET /session HTTP/1.0', X)).status).toBe(421);
    expect((await send('GET /session HTTP/1.1', host, 'Host: evil.example', X, cookie)).status).toBe(400);
    expect((await send('GET /session HTTP/1.1', host, host, X, cookie)).status).toBe(400);
    expect((await send('GET /session HTTP/1.1', 'HOST: evil.example', host, X, cookie)).status).toBe(421);
  });
});

describe('too much', () => {
  it('S4: an oversized URL, header, cookie or number of headers is a 431', async () => {
    const much = 'x'.repeat(17_000);
    expect((await get(`/login?login_hint=${much}`)).status).toBe(431);
    expect((await get('/session', X, `X-Much: ${much}`)).status).toBe(431);
    expect((await get('/session', X, `Cookie: much=${much}`)).status).toBe(431);
    const many = Array.from({ length: 3000 }, (_, index) => `x${index}: y`);
    expect((await get('/session', X, ...many)).status).toBe(431);
  });

  it('S4: a query of 100 kB is a 431, or the connection is cut while it is still coming', async () => {
    const answer = await get(`/callback?code=${'x'.repeat(100_000)}`).catch(() => undefined);
    expect(answer?.status ?? 431).toBe(431);
  });

  it('S4: fifteen kilobytes of somebody else’s cookies hide no session and break nothing', async () => {
    const answer = await get('/session', X, `${cookie}; ${'other=x; '.repeat(1500)}`);
    expect(JSON.parse(answer.body)).toMatchObject({ authenticated: true });
  });
});

describe('cookies that nobody here has set', () => {
  it.each(['%zz', 's:x.y', 's%3Ax.y', '"', '=', 's:', '__proto__', 'x'.repeat(4000), '\xe9\xff'])(
    'S1: a session cookie %j is no session',
    async value => {
      const answer = await get('/session', X, `Cookie: __Host-Http-session=${value}; __proto__=1; ;;=;a`);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { authenticated: false }]);
    },
  );
});

describe('a body that can’t be meant', () => {
  it.each([
    ['broken JSON', 'application/json', '{"a":'],
    ['an endless string', 'application/json', `{"a":"${'x'.repeat(200_000)}"}`],
    ['a broken form', 'application/x-www-form-urlencoded', '%zz=%zz&&&=&a[b][c]=1'],
    ['a broken multipart', 'multipart/form-data; boundary=x', '--y\r\n\r\n'],
    ['an unknown charset', 'application/json; charset=\x01', '{}'],
  ])('S1: %s at an endpoint that takes none is answered by what else is asked', async (_what, type, body) => {
    const fields = [
      `Content-Length: ${body.length}`,
      'Connection: close',
      ...(type.includes('\x01') ? [] : [`Content-Type: ${type}`]),
    ];
    const login = await rawRequest({ port: parlour.port, lines: ['POST /login HTTP/1.1', host, ...fields], body });
    expect([login.status, codeOf(login)]).toEqual([405, 'method_not_allowed']);
    const logout = await rawRequest({ port: parlour.port, lines: ['POST /logout HTTP/1.1', host, ...fields], body });
    expect([logout.status, codeOf(logout)]).toEqual([403, 'csrf_header_missing']);
  });

  it('S4: two framings in one request are refused by the parser', async () => {
    const framed = (...fields: string[]) => send('POST /logout HTTP/1.1', host, X, ...fields);
    expect((await framed('Content-Length: 3', 'Transfer-Encoding: chunked')).status).toBe(400);
    expect((await framed('Content-Length: 3', 'Content-Length: 4')).status).toBe(400);
    expect((await framed('Content-Length: -1')).status).toBe(400);
    expect((await framed('Expect: everything')).status).toBe(417);
  });
});
