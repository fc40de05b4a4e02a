import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Arrived } from './api-proxy-application.js';
import { LINK, NAMES, startWays, type Way, type Ways } from './api-proxy-ways.js';
import { type RawAnswer, rawRequest } from './support/http-browser.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];
const cases = NAMES.flatMap(name => METHODS.map(method => ({ name, method }))).filter(
  ({ name, method }) => name !== LINK || method === 'GET' || method === 'HEAD',
);

let ways: Ways;
beforeAll(async () => {
  ways = await startWays();
});
beforeEach(() => ways.api.reset());
afterAll(() => ways.close());

/** What a page of the app sends. */
function usual({ host, cookie, page, navigable }: Way): Record<string, string> {
  const who = navigable ? { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'document' } : { 'X-CSRF': '1' };
  return { Host: host, Cookie: cookie, ...who, ...(page && { Origin: page }) };
}

/** Asks with other fields than usual; an empty one is left out. */
function ask(name: string, method: string, rest: string, fields: Record<string, string> = {}): Promise<RawAnswer> {
  const way = ways.of(name);
  const all = Object.entries({ ...usual(way), ...fields, Connection: 'close' }).filter(([, value]) => value !== '');
  const lines = all.flatMap(([field, value]) => value.split('\n').map(each => `${field}: ${each}`));
  const length = method === 'POST' ? ['Content-Length: 0'] : [];
  return rawRequest({ port: way.port, lines: [`${method} ${way.path}${rest} HTTP/1.1`, ...lines, ...length] });
}

const valuesOf = ({ rawHeaders }: Arrived, wanted: string) =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted);

describe.each(cases)('$method by $name', ({ name, method }) => {
  const refusals: [rule: string, rest: string, fields: Record<string, string>, refusal: number][] = [
    ['B10: a page of another site', '/x', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['B10: an origin of nobody’s', '/x', { Origin: 'http://evil.test' }, 403],
    ['B10: no session', '/x', { Cookie: '' }, 401],
    ['B11: an opaque origin', '/x', { Origin: 'null' }, 403],
    ['B12: neither the header nor the browser’s word', '/x', { 'X-CSRF': '', 'Sec-Fetch-Site': '' }, 403],
    ['B13: another host', '/x', { Host: 'evil.test' }, 421],
    ['B14: dot segments', '/../../admin', {}, 400],
    ['B14: escaped ones', '/%2e%2e%2fadmin', {}, 400],
    ['B14: an escaped slash', '/a%2fb', {}, 400],
    ['B14: an empty segment', '//x', {}, 400],
    ['B22: two session cookies', '/x', { Cookie: '{cookie}\n{cookie}' }, 401],
    ['B25: a service worker’s script', '/x', { 'Service-Worker': 'script' }, 403],
  ];

  it.each(refusals)('%s: nothing reaches the API', async (_rule, rest, fields, refusal) => {
    const { cookie } = ways.of(name);
    const filled = Object.entries(fields).map(([field, value]) => [field, value.replaceAll('{cookie}', cookie)]);
    const { status } = await ask(name, method, rest, Object.fromEntries(filled));
    expect(status).toBe(refusal);
    expect(ways.api.arrived).toEqual([]);
  });

  it('B13 B15 B16 B17: the call goes to this route’s API, with this session’s token alone', async () => {
    const evil = { Authorization: 'Bearer evil', 'X-Forwarded-Host': 'evil.test', Forwarded: 'host=evil.test' };
    ways.api.reply = (request, response) =>
      response
        .writeHead(200, { 'X-Echo': request.headers.authorization, 'Set-Cookie': '__Host-Http-session=evil' })
        .end();
    const { status, headers } = await ask(name, method, '/x?a=b', evil);
    const { upstream, token, host } = ways.of(name);
    expect([status, ways.api.only.method, ways.api.only.url]).toEqual([200, method, `${upstream}/x?a=b`]);
    expect(valuesOf(ways.api.only, 'authorization')).toEqual([`Bearer ${token}`]);
    expect(valuesOf(ways.api.only, 'cookie')).toEqual([]);
    const named = ['host', ':authority'].flatMap(field => valuesOf(ways.api.only, field));
    expect(named).toEqual([new URL(ways.api.origin).host]);
    expect(valuesOf(ways.api.only, 'forwarded')).toEqual([`for=127.0.0.1;host="${host}";proto=http`]);
    expect(JSON.stringify(ways.api.only.rawHeaders)).not.toContain('evil');
    expect(headers).not.toHaveProperty('set-cookie');
    expect(JSON.stringify(headers)).not.toContain(token);
  });

  it('B24 B25 B26: what the API says of the origin and of caches is ours to say', async () => {
    const said = ['Access-Control-Allow-Origin', 'Clear-Site-Data', 'Server', 'WWW-Authenticate', 'CDN-Cache-Control'];
    ways.api.reply = (_request, response) =>
      response
        .writeHead(200, {
          'Cache-Control': 'public, s-maxage=9',
          ...Object.fromEntries(said.map(each => [each, 'evil'])),
        })
        .end();
    const { headers } = await ask(name, method, '/x');
    expect(JSON.stringify(headers)).not.toContain('evil');
    expect(headers['access-control-allow-origin']).toBe(ways.of(name).page);
    expect(headers).toMatchObject({
      'cache-control': 'private',
      vary: expect.stringMatching(/\bCookie\b/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    });
  });

  it('B27: a redirect inside the route is mapped back to this way’s path, any other is refused', async () => {
    const { path, upstream } = ways.of(name);
    const redirect = (to: string) => {
      ways.api.reply = (_request, response) => response.writeHead(302, { Location: to }).end();
      return ask(name, method, '/x');
    };
    expect((await redirect(`${ways.api.origin}${upstream}/y?a=b`)).headers['location']).toBe(`${path}/y?a=b`);
    for (const to of [
      'http://evil.test/',
      `${ways.api.origin}/elsewhere`,
      `${ways.api.origin}${upstream}-of-others/y`,
    ]) {
      const { status, headers } = await redirect(to);
      expect([to, status, headers['location']]).toEqual([to, 502, undefined]);
    }
  });
});

it.each(NAMES.filter(name => name !== LINK))(
  'B24: a preflight by %s is answered here, and never forwarded',
  async name => {
    const { page } = ways.of(name);
    const preflight = { 'X-CSRF': '', Cookie: '', 'Access-Control-Request-Method': 'PUT' };
    expect((await ask(name, 'OPTIONS', '/x', { ...preflight, Origin: 'http://evil.test' })).status).toBe(403);
    if (page) expect((await ask(name, 'OPTIONS', '/x', { ...preflight, Origin: page })).status).toBe(204);
    expect(ways.api.arrived).toEqual([]);
  },
);
