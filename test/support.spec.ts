import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listen } from './support/hostile-authorization-server.js';
import { HttpBrowser, rawRequest, siteOf } from './support/http-browser.js';

describe('the cookie jar of HttpBrowser', () => {
  const url = 'http://localhost:3000/';
  const names = (browser: HttpBrowser, at = url) => browser.cookies(at).map(({ name }) => name);

  it.each([
    ['a cookie without attributes', 'a=1', url, true],
    ['Secure on loopback', 'a=1; Secure', url, true],
    ['Secure on plain http elsewhere', 'a=1; Secure', 'http://app.test/', false],
    ['SameSite=None without Secure', 'a=1; SameSite=None', url, false],
    ['another domain', 'a=1; Domain=other.test', 'https://app.test/', false],
    ['a top-level domain', 'a=1; Domain=test', 'https://app.test/', false],
    ['a parent domain', 'a=1; Domain=app.test', 'https://sub.app.test/', true],
    ['__Host- as promised', '__Host-a=1; Secure; Path=/', url, true],
    ['__Host- without Secure', '__Host-a=1; Path=/', url, false],
    ['__Host- with a path', '__Host-a=1; Secure; Path=/x', url, false],
    ['__Host- with a domain', '__Host-a=1; Secure; Path=/; Domain=app.test', 'https://app.test/', false],
    ['__host- in lower case', '__host-a=1; Path=/', url, false],
    ['__Host-Http- as promised', '__Host-Http-a=1; Secure; HttpOnly; Path=/', url, true],
    ['__Host-Http- without HttpOnly', '__Host-Http-a=1; Secure; Path=/', url, false],
    ['__Secure- without Secure', '__Secure-a=1', url, false],
    ['more than 4096 characters', `a=${'x'.repeat(4096)}`, url, false],
  ])('%s', (_name, line, at, kept) => {
    const browser = new HttpBrowser();
    expect(browser.setCookie(at, line)).toBe(kept);
    expect(browser.cookies(at)).toHaveLength(kept ? 1 : 0);
  });

  it('keeps cookies to their host, whatever the port', () => {
    const browser = new HttpBrowser();
    browser.setCookie(url, 'a=1');
    expect(names(browser, 'http://localhost:9/')).toEqual(['a']);
    expect(names(browser, 'http://127.0.0.1:3000/')).toEqual([]);
    expect(names(browser, 'http://sub.localhost:3000/')).toEqual([]);
  });

  it('keeps cookies to their path, and sends the longer path first', () => {
    const browser = new HttpBrowser();
    browser.setCookie(url, 'a=root; Path=/');
    browser.setCookie(url, 'a=deep; Path=/x');
    expect(browser.cookies(`${url}x/y`).map(({ value }) => value)).toEqual(['deep', 'root']);
    expect(browser.cookies(`${url}xy`).map(({ value }) => value)).toEqual(['root']);
  });

  it('forgets a cookie that is over or deleted, Max-Age before Expires', () => {
    const browser = new HttpBrowser();
    browser.setCookie(url, 'a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT');
    expect(names(browser)).toEqual(['a']);
    browser.setCookie(url, 'a=; Max-Age=0');
    expect(names(browser)).toEqual([]);
  });

  it('lets no script touch an HttpOnly cookie', () => {
    const browser = new HttpBrowser();
    browser.setCookie(url, 'a=1; HttpOnly');
    expect(browser.setCookie(url, 'a=2', { script: true })).toBe(false);
    expect(browser.setCookie(url, 'b=2; HttpOnly', { script: true })).toBe(false);
  });

  it('copies itself without a tie', () => {
    const browser = new HttpBrowser();
    browser.setCookie(url, 'a=1');
    const copy = browser.clone();
    copy.clearCookies();
    expect([names(browser), names(copy)]).toEqual([['a'], []]);
  });

  it('takes localhost and 127.0.0.1 for two sites, and ports and subdomains for one', () => {
    expect(siteOf('http://localhost:1')).toBe(siteOf('http://localhost:2'));
    expect(siteOf('http://localhost')).not.toBe(siteOf('http://127.0.0.1'));
    expect(siteOf('https://a.app.test')).toBe(siteOf('https://b.app.test'));
    expect(siteOf('http://app.test')).not.toBe(siteOf('https://app.test'));
  });
});

describe('HttpBrowser and rawRequest', () => {
  const server = createServer((request, response) => {
    if (request.url === '/1') response.writeHead(302, { location: '/2' }).end();
    else if (request.url === '/2') response.writeHead(302, { location: '/3' }).end();
    else if (request.url === '/zip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    else response.end(`${request.method} ${request.url}`);
  });
  let base: string;
  let port: number;
  beforeAll(async () => {
    port = await listen(server);
    base = `http://localhost:${port}`;
  });
  afterAll(() => void server.close());

  it('walks hop by hop, stops where it is told and goes on', async () => {
    const browser = new HttpBrowser();
    const first = await browser.navigate(`${base}/1`, { follow: false });
    expect([first.status, first.location, browser.url]).toEqual([302, `${base}/2`, undefined]);
    const second = await browser.resume({ until: url => url.endsWith('/3') });
    expect([second.url, second.location]).toEqual([`${base}/2`, `${base}/3`]);
    expect((await browser.resume()).body).toBe('GET /3');
    expect(browser.hops.map(({ url }) => url)).toEqual([`${base}/1`, `${base}/2`, `${base}/3`]);
    expect(browser.url).toBe(`${base}/3`);
  });

  it('takes a name to the address it is given, and says the name', async () => {
    const browser = new HttpBrowser({ hosts: { 'app.test': '127.0.0.1' } });
    const { requestHeaders, body } = await browser.navigate(`http://app.test:${port}/x`);
    expect([requestHeaders.host, body]).toEqual([`app.test:${port}`, 'GET /x']);
    expect(requestHeaders).not.toHaveProperty('sec-fetch-site'); // plain http, and no loopback name
    expect((await browser.navigate(`${base}/x`, { headers: { host: 'evil.test' } })).requestHeaders.host).toBe(
      'evil.test',
    );
  });

  it('unpacks bodies and reads JSON', async () => {
    const answer = await new HttpBrowser().fetch(`${base}/zip`, { page: base });
    expect(answer.json()).toEqual({ a: 1 });
  });

  it('sends request lines that no library would', async () => {
    const { status, body } = await rawRequest({ port, lines: ['GET //evil/%2e%2e\\x HTTP/1.1', 'Host: x'] });
    expect([status, body]).toEqual([200, 'GET //evil/%2e%2e\\x']);
  });
});
