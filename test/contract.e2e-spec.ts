import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_PATH, ENDPOINTS } from '../src/bff/endpoints.js';
import { codes, type Row, tableUnder } from './support/contract.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

let hostile: Hostile;
let parlour: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api=${hostile.issuer}` });
});
afterAll(async () => {
  await parlour.close();
  await hostile.close();
});

interface Asked {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function ask(method: string, path: string, ...headers: string[]): Promise<Asked> {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: localhost:${parlour.port}`, 'Connection: close', ...headers];
  return rawRequest({ port: parlour.port, lines });
}

/** `GET /login` with `Accept: application/json` → what to send, and the rest of the row. */
function requestOf(row: Row) {
  const [called = '', accept] = codes(row['endpoint']);
  const [method = '', path = ''] = called.replace('ANY', 'GET').replace('…', 'orders').split(' ');
  return {
    method,
    path,
    headers: accept === undefined ? [] : [accept],
    needsHeader: row['header X-CSRF: 1'] === 'yes',
  };
}

const rows = tableUnder('Endpoints').map(requestOf);
const isManagement = ({ path }: { path: string }) => path.startsWith('/health/') || path === '/metrics';
const publicRows = rows.filter(row => !isManagement(row));

describe('docs/contract.md, endpoints', () => {
  it.each(publicRows)('B12: $method $path $headers wants the header X-CSRF: $needsHeader', async row => {
    const { body } = await ask(row.method, row.path, ...row.headers);
    expect(body.includes('csrf_header_missing')).toBe(row.needsHeader);
  });

  it.each(Object.entries(ENDPOINTS))('%s takes %s and says so to every other method', async (path, methods) => {
    const taken = methods.split(', ');
    for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(each => !taken.includes(each))) {
      const { status, headers } = await ask(other, path, 'X-CSRF: 1', 'Content-Length: 0');
      expect([other, status, headers['allow']]).toEqual([other, 405, methods]);
    }
  });

  it('nothing else is mapped', () => {
    const express: { router: { stack: { route?: { path: string | string[] } }[] } } = parlour.server.app
      .getHttpAdapter()
      .getInstance();
    const paths = new Set(express.router.stack.flatMap(({ route }) => route?.path ?? []));
    const ours = [...Object.keys(ENDPOINTS), API_PATH, `${API_PATH}{/*path}`];
    expect([...paths].filter(path => !ours.includes(path))).toEqual([]);
  });

  it('the management port has its endpoints, and the public port hasn’t', async () => {
    for (const { path } of rows.filter(isManagement)) {
      expect((await fetch(parlour.managementUrl + path)).status).toBe(200);
      expect((await ask('GET', path)).status).toBe(404);
    }
    expect((await fetch(`${parlour.managementUrl}/session`)).status).toBe(404);
  });
});

describe('docs/contract.md, cookies', () => {
  const documented = tableUnder('Cookies').map(row => ({
    name: new RegExp(`^${(codes(row['cookie'])[0] ?? '').replace('<hash of state>', '[\\w-]{22}')}$`),
    attributes: (codes(row['attributes'])[0] ?? '').split('; ').toSorted(),
  }));

  /** The cookies that a login and a logout set, with their attributes; those that delete one left out. */
  async function cookiesOfARound(at: Parlour): Promise<{ name: string; attributes: string[] }[]> {
    const browser = new HttpBrowser();
    await browser.navigate(`${at.url}/login`);
    const logout = await browser.fetch(`${at.url}/logout`, { method: 'POST', headers: { 'X-CSRF': '1' } });
    await browser.navigate(at.url + String(logout.json()['redirectUrl']));
    const set = browser.hops.filter(({ url }) => url.startsWith(at.url)).flatMap(({ setCookie }) => setCookie);
    return set.filter(line => !line.includes('Max-Age=0')).map(cookieOf);
  }

  function cookieOf(line: string) {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    return { name, attributes: attributes.map(each => each.replace(/^Max-Age=\d+$/, 'Max-Age')).toSorted() };
  }

  it('B3, B4, B5, B6, B7, B8: each has the name and the attributes that are promised, and there is no other', async () => {
    const cookies = await cookiesOfARound(parlour);
    for (const { name, attributes } of cookies) {
      expect(documented.find(each => each.name.test(name))?.attributes).toEqual(attributes);
    }
    expect(documented.filter(each => !cookies.some(({ name }) => each.name.test(name)))).toEqual([]);
  });

  it('COOKIE_SUFFIX and INSECURE_COOKIES change the names as they say', async () => {
    const other = await startParlour(hostile.issuer, { COOKIE_SUFFIX: 'x', INSECURE_COOKIES: 'true' });
    try {
      const cookies = await cookiesOfARound(other);
      expect(new Set(cookies.map(({ name }) => name.replace(/\..*/, '.')))).toEqual(
        new Set(['login-x.', 'session-x', 'logout-x']),
      );
      expect(cookies.filter(({ attributes }) => attributes.includes('Secure'))).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
