import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  begin,
  isLoggedIn,
  logIn,
  type Pair,
  startPair,
  startRealPair,
  toCallback,
  transactionCookies,
  turnClock,
} from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

const MINUTE = 60_000;

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());
afterEach(() => void jest.useRealTimers());

describe('a login that takes its time', () => {
  it('A1: after eleven minutes at oidc-provider’s form lands', async () => {
    const real = await startRealPair();
    const browser = new HttpBrowser();
    await logIn(real.parlour, browser, { return_to: '/orders' });
    turnClock(11 * MINUTE);
    await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
    expect(browser.url).toBe(`${real.parlour.url}/orders`);
    expect(await isLoggedIn(real.parlour, browser)).toBe(true);
    await real.close();
  });

  it('A1: after more than an hour gets a page whose button leads to return_to, and exchanges nothing', async () => {
    const browser = new HttpBrowser();
    await toCallback(pair.parlour, browser, { return_to: '/orders?page=2' });
    turnClock(61 * MINUTE);
    const hop = await browser.resume();
    expect([hop.status, hop.location]).toEqual([400, undefined]);
    expect(hop.body).toContain('href="/login?return_to=%2Forders%3Fpage%3D2"');
    expect(pair.hostile.count('token')).toBe(0);
    expect(pair.hostile.count('par')).toBe(1);
    await browser.navigate('/login?return_to=%2Forders%3Fpage%3D2');
    expect(browser.url).toBe(`${pair.parlour.url}/orders?page=2`);
  });

  it('A1: a browser that keeps the cookie beyond its Max-Age wins nothing: the end stands inside the seal', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser);
    const [cookie] = transactionCookies(pair.parlour, browser);
    turnClock(61 * MINUTE);
    const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
    const hop = await new HttpBrowser().navigate(callback.href, { headers });
    expect(hop.status).toBe(400);
    expect(hop.setCookie.join()).toContain(`${cookie?.name}=; Max-Age=0`);
    expect(pair.hostile.count('token')).toBe(0);
  });

  it('A10: the done marker serves for five minutes; after it the same callback is a page', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    await browser.resume();
    turnClock(4 * MINUTE);
    expect((await browser.navigate(callback.href)).url).toBe(`${pair.parlour.url}/orders`);
    turnClock(2 * MINUTE);
    expect((await browser.navigate(callback.href)).status).toBe(400);
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('A1: a state that is nobody’s offers no address', async () => {
    const { location } = await begin(pair.parlour, { return_to: '/secret-place' });
    expect(location).toBeDefined();
    const state = pair.hostile.to('par')[0]?.params.get('state') ?? '';
    const forged = state.replace(/.$/, last => (last === 'A' ? 'Q' : 'A'));
    const hop = await new HttpBrowser().navigate(`${pair.parlour.url}/callback?code=x&state=${forged}`);
    expect(hop.status).toBe(400);
    expect(hop.body).not.toContain('secret-place');
  });

  it('A1: LOGIN_TIMEOUT says how long it may take', async () => {
    const own = await startPair({ LOGIN_TIMEOUT: '120' });
    const browser = new HttpBrowser();
    await toCallback(own.parlour, browser);
    turnClock(2 * MINUTE + 1000);
    expect((await browser.resume()).status).toBe(400);
    await own.close();
  });
});
