import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  begin,
  isLoggedIn,
  logIn,
  type Pair,
  startPair,
  startRealPair,
  transactionCookies,
  turnClock,
} from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());
afterEach(() => void jest.useRealTimers());

/** The answer to an expired request_uri, so often; with `state` where the server still knows it. */
function expire(times: number, withState = false): void {
  pair.hostile.lies.authorization = {
    parameters: { code: undefined, error: 'invalid_request_uri', ...(!withState && { state: undefined }) },
    times,
  };
}

describe.each([
  ['without state', false],
  ['with state', true],
])('an expired request_uri that comes back %s', (_how, withState) => {
  it('P8: is pushed anew once, with what the browser had asked for, and the login lands', async () => {
    expire(1, withState);
    const browser = new HttpBrowser();
    await logIn(pair.parlour, browser, { return_to: '/orders', login_hint: 'alice', max_age: '300', prompt: 'login' });
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
    const [first, second] = pair.hostile.to('par').map(({ params }) => params);
    for (const name of ['login_hint', 'max_age', 'prompt']) expect(second?.get(name)).toBe(first?.get(name));
    for (const name of ['state', 'nonce', 'code_challenge']) expect(second?.get(name)).not.toBe(first?.get(name));
    expect(pair.hostile.count('par')).toBe(2);
  });

  it('P8: isn’t retried a second time: login_error=request_expired', async () => {
    expire(5, withState);
    const browser = new HttpBrowser();
    await logIn(pair.parlour, browser, { return_to: '/orders' });
    expect(browser.url).toBe(`${pair.parlour.url}/orders?login_error=request_expired`);
    expect(pair.hostile.count('par')).toBe(2);
    expect(transactionCookies(pair.parlour, browser)).toEqual([]);
  });
});

describe('an expired request_uri', () => {
  const answer = () =>
    `${pair.parlour.url}/callback?error=invalid_request_uri&iss=${encodeURIComponent(pair.hostile.issuer)}`;

  it('P8: without a transaction ends at a page with a button, and restarts nothing', async () => {
    const hop = await new HttpBrowser().navigate(answer());
    expect([hop.status, hop.location]).toEqual([400, undefined]);
    expect(hop.body).toMatch(/<a href="[^"]+">/);
    expect(hop.body).not.toMatch(/http-equiv|<script/i);
    expect(pair.hostile.calls).toEqual([]);
  });

  it('P8: with two attempts under way is nobody’s: a page, and both can still land', async () => {
    const browser = new HttpBrowser();
    await begin(pair.parlour, { return_to: '/a' }, browser);
    const hop = await begin(pair.parlour, { return_to: '/b' }, browser);
    expect((await browser.navigate(answer())).status).toBe(400);
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(2);
    await browser.navigate(hop.location ?? '');
    expect(browser.url).toBe(`${pair.parlour.url}/b`);
  });

  it('A2: from another issuer is neither retried nor ends the attempt', async () => {
    const browser = new HttpBrowser();
    await begin(pair.parlour, {}, browser);
    const hop = await browser.navigate(
      `${pair.parlour.url}/callback?error=invalid_request_uri&iss=https://other.example`,
    );
    expect(hop.status).toBe(400);
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(1);
    expect(pair.hostile.count('par')).toBe(1);
  });

  it('P12: a retry that finds the server throttled is a page, and no 500', async () => {
    const own = await startPair({ LOGIN_BURST: '1', LOGIN_RATE: '0.001' });
    own.hostile.lies.authorization = { parameters: { code: undefined, error: 'invalid_request_uri' } };
    const hop = await logIn(own.parlour, new HttpBrowser());
    expect([hop.status, hop.headers['retry-after'] !== undefined]).toEqual([429, true]);
    expect(own.parlour.events('callback_refused')).toEqual([]);
    await own.close();
  });
});

describe('at oidc-provider', () => {
  it('P8: a request_uri that has really expired is pushed anew, and the login lands', async () => {
    const real = await startRealPair();
    const browser = new HttpBrowser();
    await begin(real.parlour, { return_to: '/orders' }, browser);
    turnClock(61_000);
    await browser.resume();
    await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
    expect(browser.url).toBe(`${real.parlour.url}/orders`);
    expect(await isLoggedIn(real.parlour, browser)).toBe(true);
    expect(real.server.requests.filter(({ endpoint }) => endpoint === 'par')).toHaveLength(2);
    await real.close();
  });

  it('P8: one that was used already and comes back is retried once', async () => {
    const real = await startRealPair();
    const browser = new HttpBrowser();
    const { location = '' } = await begin(real.parlour, { return_to: '/orders' }, browser);
    await new HttpBrowser().navigate(location);
    await browser.resume();
    await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
    expect(browser.url).toBe(`${real.parlour.url}/orders`);
    await real.close();
  });
});
