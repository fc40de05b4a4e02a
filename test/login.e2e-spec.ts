import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { begin, isLoggedIn, logIn, type Pair, startPair, startRealPair } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

const asScript = { accept: 'application/json', 'x-csrf': '1' };

describe('a login by navigation', () => {
  it('P6: the browser’s URL holds exactly client_id and request_uri', async () => {
    const hop = await begin(pair.parlour, { return_to: '/orders' });
    expect(hop.status).toBe(303);
    const url = new URL(hop.location ?? '');
    expect(url.href.split('?')[0]).toBe(`${pair.hostile.issuer}/authorize`);
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    expect(url.hash).toBe('');
  });

  it('B2: asks for a code with PKCE and ends with a session and the user back at return_to, nothing of it in a fragment', async () => {
    const browser = new HttpBrowser();
    await logIn(pair.parlour, browser, { return_to: '/orders?page=2#row-7' });
    expect(browser.url).toBe(`${pair.parlour.url}/orders?page=2#row-7`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
    const [push] = pair.hostile.to('par');
    expect(Object.fromEntries(push?.params ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    for (const { location = '' } of browser.hops.slice(0, 2)) expect(location).not.toContain('#');
  });

  it('P1, P3: the push is a form-encoded POST with client_id in its body and no request_uri', async () => {
    await begin(pair.parlour, { login_hint: 'ålice@example.org' });
    const [push] = pair.hostile.to('par');
    expect(push?.method).toBe('POST');
    expect(push?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded(;charset=utf-8)?$/i);
    expect(push?.params.get('client_id')).toBe(CLIENT_ID);
    expect(push?.params.get('login_hint')).toBe('ålice@example.org');
    expect(push?.params.has('request_uri')).toBe(false);
  });

  it('P7: one attempt makes one push, and no URL is given out twice nor kept by a cache', async () => {
    const hops = await Promise.all(Array.from({ length: 10 }, () => begin(pair.parlour)));
    expect(pair.hostile.count('par')).toBe(10);
    expect(new Set(hops.map(({ location }) => location)).size).toBe(10);
    for (const { headers } of hops) expect(headers['cache-control']).toBe('no-store');
  });

  it('P11, F8: state, nonce and PKCE challenge are new for every attempt, the nonce at most 64 characters', async () => {
    const browser = new HttpBrowser();
    for (let attempt = 0; attempt < 5; attempt++) await begin(pair.parlour, {}, browser);
    const pushes = pair.hostile.to('par').map(({ params }) => params);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(new Set(pushes.map(push => push.get(name))).size).toBe(5);
    }
    for (const push of pushes) expect(push.get('nonce')).toMatch(/^[\w-]{16,64}$/);
  });

  it('P7: HEAD starts no login', async () => {
    const hop = await new HttpBrowser().navigate(`${pair.parlour.url}/login`, { method: 'HEAD' });
    expect([hop.status, hop.headers['allow']]).toEqual([405, 'GET']);
    expect(pair.hostile.count('par')).toBe(0);
  });
});

describe('a login by fetch', () => {
  it('P6, P7: answers 200 with redirectUrl and expiresIn, and the transaction cookie in the same response', async () => {
    const browser = new HttpBrowser();
    const { parlour, hostile } = pair;
    const hop = await browser.fetch(`${parlour.url}/login?return_to=/a`, { headers: asScript, page: parlour.url });
    expect(hop.status).toBe(200);
    expect(hop.headers['cache-control']).toBe('no-store');
    const { redirectUrl, ...rest } = hop.json();
    expect(rest).toEqual({ expiresIn: 60 });
    const url = new URL(String(redirectUrl));
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    expect(hop.setCookie.join()).toContain('__Host-Http-login.');
    await browser.navigate(url.href, { initiator: parlour.url });
    expect(browser.url).toBe(`${parlour.url}/a`);
    expect(await isLoggedIn(parlour, browser)).toBe(true);
    expect(hostile.count('par')).toBe(1);
  });

  it.each([
    ['without the header', { accept: 'application/json' }, 'csrf_header_missing'],
    ['from another site', { ...asScript, 'sec-fetch-site': 'cross-site' }, 'cross_site_request'],
    ['from a foreign origin', { ...asScript, origin: 'https://evil.example' }, 'cross_site_request'],
    ['from an opaque origin', { ...asScript, origin: 'null' }, 'cross_site_request'],
    ['that asks for no JSON', { 'x-csrf': '1' }, 'navigation_required'],
  ])('B11, F7: a fetch %s starts none', async (_what, headers, code) => {
    const hop = await new HttpBrowser().fetch(`${pair.parlour.url}/login`, { headers, page: pair.parlour.url });
    expect(hop.status).toBe(403);
    expect(hop.json()).toMatchObject({ code });
    expect(hop.setCookie).toEqual([]);
    expect(pair.hostile.count('par')).toBe(0);
  });
});

describe('a login at oidc-provider', () => {
  it.each(['client_secret_basic', 'client_secret_post'])(
    'B1, P2: works with %s at PAR and token endpoint',
    async method => {
      const real = await startRealPair({ CLIENT_AUTH_METHOD: method });
      try {
        const browser = new HttpBrowser();
        await logIn(real.parlour, browser, { return_to: '/orders' });
        await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
        expect(browser.url).toBe(`${real.parlour.url}/orders`);
        expect(await isLoggedIn(real.parlour, browser)).toBe(true);
        const calls = real.server.requests.filter(({ endpoint }) => endpoint === 'par' || endpoint === 'token');
        expect(calls.map(({ endpoint }) => endpoint)).toEqual(['par', 'token']);
        for (const call of calls) {
          expect(call.authorization).toBe(method === 'client_secret_basic');
          expect(new URLSearchParams(call.body).has('client_secret')).toBe(method === 'client_secret_post');
        }
      } finally {
        await real.close();
      }
    },
  );

  it('B2: a user who cancels comes back with login_error=access_denied', async () => {
    const real = await startRealPair();
    try {
      const browser = new HttpBrowser();
      await logIn(real.parlour, browser, { return_to: '/orders?page=2' });
      await browser.submitForm({}, { button: 'cancel' });
      expect(browser.url).toBe(`${real.parlour.url}/orders?page=2&login_error=access_denied`);
      expect(await isLoggedIn(real.parlour, browser)).toBe(false);
    } finally {
      await real.close();
    }
  });
});
