import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { metric, type Pair, startPair, toCallback } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

const iss = () => encodeURIComponent(pair.hostile.issuer);

describe('a callback without a valid transaction', () => {
  // this comes first: the metadata isn't known yet, so that any look at it would be a call
  it('P12, S1: makes no call to the authorization server, whatever it holds, and is a 400', async () => {
    const queries = [
      '',
      '?',
      '?code=x',
      '?error=x',
      '?code=x&state=y',
      '?code=x&state=y&iss=z',
      '?error=invalid_request_uri',
      `?error=invalid_request_uri&iss=${iss()}`,
      '?error=access_denied&state=y',
      '?state=y',
      '?code=x&error=y&state=z',
      '?code=a&code=b&state=c',
      '?__proto__=x&constructor=y&code=z&state=toString',
      '?code[]=x&state[a]=y',
      '?code=%ff%fe&state=%00%0d%0a',
      `?code=x&state=${'A'.repeat(8000)}`,
      `?code=${'%F0%9F%98%80'.repeat(600)}&state=AQ`,
      '?error=%0d%0aSet-Cookie:%20a=b&state=x',
    ];
    const before = await metric(pair.parlour, 'parlour_logins_total', 'login_transaction_missing');
    for (const query of queries) {
      const hop = await new HttpBrowser().navigate(`${pair.parlour.url}/callback${query}`, { follow: false });
      expect([query, hop.status]).toEqual([query, 400]);
      expect(hop.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(hop.headers['referrer-policy']).toBe('no-referrer');
    }
    expect(pair.hostile.calls).toEqual([]);
    expect(await metric(pair.parlour, 'parlour_logins_total', 'login_transaction_missing')).toBeGreaterThan(before);
  });

  it('P12: nor with transaction cookies that don’t open', async () => {
    const browser = new HttpBrowser();
    const name = `__Host-Http-login.${'a'.repeat(22)}`;
    browser.setCookie(pair.parlour.url, `${name}=${'A'.repeat(200)}; Secure; HttpOnly; Path=/; SameSite=Lax`);
    const hop = await browser.navigate(`${pair.parlour.url}/callback?error=invalid_request_uri&iss=${iss()}`);
    expect(hop.status).toBe(400);
    expect(pair.hostile.calls).toEqual([]);
  });

  it('S4: an oversized one gets a 4xx', async () => {
    const hop = await new HttpBrowser().navigate(`${pair.parlour.url}/callback?code=${'x'.repeat(20_000)}`);
    expect(hop.status).toBe(431);
  });
});

describe('a callback for a valid transaction', () => {
  it.each([
    ['no code', (url: URL) => url.searchParams.delete('code')],
    ['both code and error', (url: URL) => url.searchParams.set('error', 'access_denied')],
    ['a parameter twice', (url: URL) => url.searchParams.append('code', 'another')],
    ['nothing but state', (url: URL) => (url.search = `?state=${url.searchParams.get('state') ?? ''}`)],
  ])('S1, A10: with %s is a 400, and the right one still lands', async (_what, spoil) => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const spoilt = new URL(callback);
    spoil(spoilt);
    expect((await browser.navigate(spoilt.href)).status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
    await browser.navigate(callback.href);
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
  });

  it('S1: with an empty or wrong code it goes back with login_failed', async () => {
    for (const code of ['', 'wrong', '%00']) {
      const browser = new HttpBrowser();
      const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
      callback.searchParams.set('code', code);
      await browser.navigate(callback.href);
      expect(browser.url).toBe(`${pair.parlour.url}/orders?login_error=login_failed`);
    }
  });

  it.each(['id_token=x.y.z', 'token=x', 'access_token=x'])(
    'B2, B16: with %s it starts no session from that',
    async extra => {
      const browser = new HttpBrowser();
      const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
      const hop = await browser.navigate(`${callback.href}&${extra}`);
      expect(hop.url.split('?')[0]).toBe(`${pair.parlour.url}/orders`);
      expect(hop.url).not.toContain('x.y.z');
    },
  );
});

describe('a callback that is no navigation', () => {
  const shapes: [string, Record<string, string>][] = [
    ['in an iframe', { 'sec-fetch-dest': 'iframe' }],
    ['as an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
    ['by prefetch', { 'sec-purpose': 'prefetch;prerender' }],
    ['by script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
  ];
  it.each(shapes)('F7: %s takes no transaction', async (_what, headers) => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const hop = await browser.navigate(callback.href, { headers });
    expect([hop.status, hop.setCookie]).toEqual([403, []]);
    expect(pair.hostile.count('token')).toBe(0);
    await browser.navigate(callback.href);
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
  });

  it.each(['POST', 'HEAD', 'PUT'])('A10: %s takes none either', async method => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser);
    const hop = await browser.navigate(callback.href, { method, initiator: pair.hostile.issuer });
    expect([hop.status, hop.headers['allow']]).toEqual([405, 'GET']);
    expect(pair.hostile.count('token')).toBe(0);
  });
});
