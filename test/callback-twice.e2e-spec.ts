import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { type Parlour, startParlour } from './support/parlour.js';

let pair: Pair;
/** Another instance of the same app: same storage and keys, another port. */
let twin: Parlour;
beforeAll(async () => {
  pair = await startPair();
  twin = await startParlour(pair.hostile.issuer, { ...pair.parlour.environment, PORT: String(await freePort()) });
});
afterAll(async () => {
  await twin.close();
  await pair.close();
});
beforeEach(() => pair.hostile.beHonest());

describe('the same callback URL', () => {
  it('A10: one after the other makes one token call; the second goes on to return_to with the session in place', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders#7' });
    await browser.resume();
    const hop = await browser.navigate(callback.href, { initiator: pair.hostile.issuer });
    expect(hop.url).toBe(`${pair.parlour.url}/orders#7`);
    expect(pair.hostile.count('token')).toBe(1);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });

  it('A10: twice at the same moment makes one token call, and both go on to return_to', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const hops = await Promise.all([1, 2].map(() => browser.navigate(callback.href, { follow: false })));
    expect(hops.map(({ status, location }) => [status, location])).toEqual([
      [303, `${pair.parlour.url}/orders`],
      [303, `${pair.parlour.url}/orders`],
    ]);
    expect(pair.hostile.count('token')).toBe(1);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });

  it('A10: while the token call is under way the second one waits for nobody', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const { promise, resolve } = Promise.withResolvers<void>();
    pair.hostile.lies.token = { after: promise };
    const first = browser.navigate(callback.href, { follow: false });
    await pair.hostile.arrived('token');
    expect((await browser.navigate(callback.href, { follow: false })).status).toBe(303);
    resolve();
    expect((await first).status).toBe(303);
    expect(pair.hostile.count('token')).toBe(1);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });

  it('A10: the done marker exchanges nothing even with another code', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    await browser.resume();
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(1);
    callback.searchParams.set('code', 'another-code');
    await browser.navigate(callback.href);
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('A1: by a copied cookie at another instance at the same moment makes one token call and one session', async () => {
    for (let round = 0; round < 10; round++) {
      pair.hostile.beHonest();
      const browser = new HttpBrowser();
      const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
      const cookie = transactionCookies(pair.parlour, browser)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      // both answer for the same authority; the second one's port is what a load balancer knows
      const elsewhere = new URL(callback);
      elsewhere.hostname = '127.0.0.1';
      elsewhere.port = String(twin.port);
      const headers = { host: callback.host, cookie };
      const hops = await Promise.all([
        browser.navigate(callback.href, { follow: false }),
        new HttpBrowser().navigate(elsewhere.href, { follow: false, headers }),
      ]);
      expect(hops.map(({ status }) => status)).toEqual([303, 303]);
      expect(pair.hostile.count('token')).toBe(1);
      const sessions = hops.filter(({ setCookie }) => setCookie.join().includes('__Host-Http-session='));
      expect(sessions).toHaveLength(1);
    }
  });

  it('A1: after a failed exchange it is spent', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const copy = browser.clone();
    pair.hostile.lies.token = { status: 500, body: '', times: 1 };
    await browser.resume();
    expect(browser.url).toBe(`${pair.parlour.url}/orders?login_error=temporarily_unavailable`);
    for (const again of [browser, copy]) {
      await again.navigate(callback.href);
      expect(await isLoggedIn(pair.parlour, again)).toBe(false);
    }
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('A10, B21: two tabs each land on their own return_to, and the first one’s session is replaced', async () => {
    const browser = new HttpBrowser();
    const first = await toCallback(pair.parlour, browser, { return_to: '/a' });
    const second = await toCallback(pair.parlour, browser, { return_to: '/b' });
    expect((await browser.navigate(first.href)).url).toBe(`${pair.parlour.url}/a`);
    const old = browser.clone();
    expect((await browser.navigate(second.href)).url).toBe(`${pair.parlour.url}/b`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
    expect(await isLoggedIn(pair.parlour, old)).toBe(false);
  });
});
