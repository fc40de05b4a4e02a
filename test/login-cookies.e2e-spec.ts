import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { begin, isLoggedIn, logIn, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ COOKIE_SUFFIX: 'a-suffix-of-20-chars' });
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

const bytes = ({ name, value }: { name: string; value: string }) => name.length + value.length;
const NAME = /^__Host-Http-login-a-suffix-of-20-chars\.[\w-]{22}$/;

/** All that a URL may hold unescaped, each as likely as the next: nothing to compress. */
function randomReturnTo(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&()*+,;=:@/|[]^'?";
  const text = Array.from({ length: 509 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `/x?${text}`.replaceAll("'", '-').slice(0, 512);
}

describe('the transaction cookie', () => {
  it('B3, B4, B5: is Secure, HttpOnly, Lax, for /, without Domain, and lives as long as a login may take', async () => {
    const { setCookie } = await begin(pair.parlour);
    expect(setCookie).toHaveLength(1);
    const [pairText = '', ...attributes] = setCookie[0]?.split('; ') ?? [];
    expect(pairText.split('=')[0]).toMatch(NAME);
    const maxAge = attributes.find(attribute => attribute.startsWith('Max-Age='))?.slice('Max-Age='.length);
    expect(Number(maxAge)).toBeGreaterThan(3590);
    expect(Number(maxAge)).toBeLessThanOrEqual(3600);
    const others = attributes.filter(attribute => !attribute.startsWith('Max-Age='));
    expect(others.toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
  });

  it('B9: shows nothing of what it holds', async () => {
    const browser = new HttpBrowser();
    await begin(pair.parlour, { return_to: '/readable-place', login_hint: 'readable-hint' }, browser);
    const [cookie] = transactionCookies(pair.parlour, browser);
    const decoded = Buffer.from(cookie?.value ?? '', 'base64url').toString('latin1');
    const push = pair.hostile.to('par')[0]?.params;
    for (const needle of ['readable', push?.get('nonce') ?? '', push?.get('state') ?? '']) {
      expect(`${cookie?.name}=${cookie?.value} ${decoded}`).not.toContain(needle);
    }
  });

  it('B21: stays within 800 bytes for any return_to of 512 characters and the worst parameters, and still lands there', async () => {
    const worst = {
      prompt: 'login consent create',
      login_hint: '𝔘'.repeat(200),
      ui_locales: Array.from({ length: 10 }, (_, index) => `zh-Hant-HK-x-${index}`).join(' '),
      acr_values: Array.from({ length: 10 }, (_, index) => `urn:acr:${'x'.repeat(8)}${index}`).join(' '),
      max_age: '31536000',
    };
    for (let attempt = 0; attempt < 20; attempt++) {
      const browser = new HttpBrowser();
      await logIn(pair.parlour, browser); // an old session makes the cookie longer
      const return_to = randomReturnTo();
      await begin(pair.parlour, { ...worst, return_to }, browser);
      const cookies = transactionCookies(pair.parlour, browser);
      expect(Math.max(...cookies.map(bytes))).toBeLessThanOrEqual(800);
      await browser.resume();
      expect(browser.url).toBe(pair.parlour.url + return_to);
    }
  });

  it('B21: becomes a done marker of five minutes', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser);
    const hop = await browser.navigate(callback.href, { follow: false });
    const marker = hop.setCookie.find(line => NAME.test(line.split('=')[0] ?? '')) ?? '';
    expect(marker).toMatch(/; Max-Age=300(;|$)/);
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(1);
  });
});

describe('abandoned attempts', () => {
  it('B21: twenty leave at most five, under 4 kB with all our cookies, and the oldest are gone', async () => {
    const browser = new HttpBrowser();
    const urls: string[] = [];
    for (let attempt = 0; attempt < 20; attempt++) {
      const hop = await begin(pair.parlour, { return_to: `/${attempt}?${randomReturnTo().slice(10)}` }, browser);
      urls.push(hop.location ?? '');
    }
    const cookies = transactionCookies(pair.parlour, browser);
    expect(cookies.length).toBeGreaterThanOrEqual(4);
    expect(cookies.length).toBeLessThanOrEqual(5);
    expect(cookies.map(bytes).reduce((sum, one) => sum + one, 0)).toBeLessThan(4000);
    const [oldest, newest] = [browser.clone(), browser.clone()];
    await newest.navigate(urls.at(-1) ?? '');
    expect(newest.url).toContain(`${pair.parlour.url}/19?`);
    const all = newest.cookies(pair.parlour.url).map(bytes);
    expect(all.reduce((sum, one) => sum + one + 3, 0)).toBeLessThan(4096);
    const hop = await oldest.navigate(urls[0] ?? '');
    expect(hop.status).toBe(400);
    // the page’s button leads to where that attempt wanted to go
    expect(hop.body).toContain('/login?return_to=%2F0%3F');
  });

  it('B21: five stay as they are', async () => {
    const browser = new HttpBrowser();
    const hops = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      hops.push(await begin(pair.parlour, { return_to: `/tab-${attempt}` }, browser));
    }
    for (const [attempt, { location }] of hops.entries()) {
      await browser.navigate(location ?? '');
      expect(browser.url).toBe(`${pair.parlour.url}/tab-${attempt}`);
    }
  });
});

describe('a transaction cookie that', () => {
  const line = (name: string, value: string) => `${name}=${value}; Secure; HttpOnly; Path=/; SameSite=Lax`;

  it.each(['/login', '/callback?code=x&state=y'])('B22: doesn’t open is deleted at %s', async path => {
    const browser = new HttpBrowser();
    await begin(pair.parlour, {}, browser);
    const [cookie] = transactionCookies(pair.parlour, browser);
    const broken = [
      cookie?.value.replace(/.$/, last => (last === 'A' ? 'Q' : 'A')) ?? '',
      '',
      'x',
      '%00',
      'A'.repeat(900),
    ];
    const name = (index: number) => `__Host-Http-login-a-suffix-of-20-chars.${String(index).repeat(22)}`;
    for (const [index, value] of broken.entries()) browser.setCookie(pair.parlour.url, line(name(index), value));
    browser.setCookie(pair.parlour.url, line(name(9), cookie?.value ?? ''));
    await browser.navigate(pair.parlour.url + path, { follow: false });
    const left = transactionCookies(pair.parlour, browser).map(one => one.name);
    expect(left).toContain(cookie?.name);
    for (const index of [...broken.keys(), 9]) expect(left).not.toContain(name(index));
  });

  it('B22: comes twice is used in neither form', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser);
    const [cookie] = transactionCookies(pair.parlour, browser);
    const twice = `${cookie?.name}=${cookie?.value}; ${cookie?.name}=${cookie?.value}`;
    const hop = await browser.clone().navigate(callback.href, { headers: { cookie: twice } });
    expect(hop.status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
    await browser.navigate(callback.href);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });

  it('A1, B9: was sealed for another attempt doesn’t open for this one', async () => {
    const browser = new HttpBrowser();
    const victim = await toCallback(pair.parlour, browser);
    const [first] = transactionCookies(pair.parlour, browser);
    const attacker = new HttpBrowser();
    await toCallback(pair.parlour, attacker);
    const [second] = transactionCookies(pair.parlour, attacker);
    attacker.setCookie(pair.parlour.url, line(first?.name ?? '', second?.value ?? ''));
    expect((await attacker.navigate(victim.href)).status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
  });
});
