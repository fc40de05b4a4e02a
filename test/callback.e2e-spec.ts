import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn, metric, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import { type AuthorizationLie, authorizationResponseLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

/** A login in which the authorization server answers with this lie; where it ended. */
async function loginWith(lie: AuthorizationLie, browser = new HttpBrowser()) {
  pair.hostile.lies.authorization = lie;
  const hop = await logIn(pair.parlour, browser, { return_to: '/orders' });
  return { browser, hop };
}

async function expectNothingExchanged(browser: HttpBrowser): Promise<void> {
  expect(pair.hostile.count('token')).toBe(0);
  expect(browser.hops.flatMap(({ setCookie }) => setCookie).join()).not.toContain('__Host-Http-session=');
  expect(await isLoggedIn(pair.parlour, browser)).toBe(false);
}

describe('A1: nothing is exchanged for a state that', () => {
  it.each(['state is missing', 'state is empty', 'state is altered', 'state is another one'] as const)(
    'A1: %s',
    async name => {
      const { browser, hop } = await loginWith(authorizationResponseLies[name]);
      expect([hop.status, hop.url.split('?')[0]]).toEqual([400, `${pair.parlour.url}/callback`]);
      expect(hop.body).toContain('This login can’t be finished');
      expect(pair.parlour.events('request_refused').at(-1)).toMatchObject({ code: 'login_transaction_missing' });
      await expectNothingExchanged(browser);
    },
  );

  it.each(['state stands twice', 'two states', 'iss stands twice', 'two issuers', 'two codes'] as const)(
    'A1, A2: %s',
    async name => {
      const { browser, hop } = await loginWith(authorizationResponseLies[name]);
      expect(hop.status).toBe(400);
      expect(pair.parlour.events('request_refused').at(-1)).toMatchObject({ code: 'invalid_request' });
      await expectNothingExchanged(browser);
    },
  );

  it('A1, P11: comes from another browser', async () => {
    const victim = new HttpBrowser();
    const attacker = new HttpBrowser();
    const callback = await toCallback(pair.parlour, attacker);
    const hop = await victim.navigate(callback.href);
    expect(hop.status).toBe(400);
    await expectNothingExchanged(victim);
  });

  it('A1: comes from another browser in which another login is under way', async () => {
    const victim = new HttpBrowser();
    await toCallback(pair.parlour, victim);
    const callback = await toCallback(pair.parlour, new HttpBrowser());
    expect((await victim.navigate(callback.href)).status).toBe(400);
    await expectNothingExchanged(victim);
  });

  it('A1: was used before, by a copy of the cookie', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const thief = browser.clone();
    await browser.resume();
    const hop = await thief.navigate(callback.href);
    expect(hop.url).toBe(`${pair.parlour.url}/orders`);
    expect(await isLoggedIn(pair.parlour, thief)).toBe(false);
    expect(pair.hostile.count('token')).toBe(1);
  });
});

describe('the issuer', () => {
  it.each([
    'iss is missing',
    'iss is another',
    'iss has a slash',
    'an error without iss',
    'an error with another iss',
  ] as const)('A2: %s, and nothing is exchanged', async name => {
    const { browser, hop } = await loginWith(authorizationResponseLies[name]);
    expect([hop.status, hop.url.split('?')[0]]).toEqual([400, `${pair.parlour.url}/callback`]);
    expect(pair.parlour.events('request_refused').at(-1)).toMatchObject({ code: 'authorization_response_refused' });
    expect(pair.parlour.events('callback_refused').at(-1)?.['reason']).toMatch(/^iss is/);
    await expectNothingExchanged(browser);
  });

  it('A2: an answer with another issuer’s iss doesn’t cost the attempt', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    const forged = new URL(callback);
    forged.searchParams.set('iss', 'https://other.example');
    expect((await browser.navigate(forged.href)).status).toBe(400);
    await browser.navigate(callback.href);
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });
});

describe('an error response', () => {
  const error = (code: string): AuthorizationLie => ({
    parameters: { code: undefined, error: code, error_description: 'secret reason' },
  });

  it.each([
    ['access_denied', 'access_denied'],
    ['login_required', 'login_required'],
    ['consent_required', 'consent_required'],
    ['interaction_required', 'interaction_required'],
    ['account_selection_required', 'account_selection_required'],
    ['temporarily_unavailable', 'temporarily_unavailable'],
    ['server_error', 'temporarily_unavailable'],
    ['invalid_scope', 'login_failed'],
    ['different_user', 'login_failed'],
    ['"><script>alert(1)</script>', 'login_failed'],
    ['', 'login_failed'],
  ])('B2, S3: %j lands on return_to with login_error=%s, its own words in the log alone', async (code, loginError) => {
    const before = await metric(pair.parlour, 'parlour_logins_total', loginError);
    const { browser, hop } = await loginWith(error(code));
    expect(hop.url).toBe(`${pair.parlour.url}/orders?login_error=${loginError}`);
    expect(browser.hops.at(-2)?.headers['cache-control']).toBe('no-store');
    expect(pair.parlour.events('login_failed').at(-1)).toMatchObject({ loginError, errorDescription: 'secret reason' });
    expect(await metric(pair.parlour, 'parlour_logins_total', loginError)).toBe(before + 1);
    expect(transactionCookies(pair.parlour, browser)).toEqual([]);
    await expectNothingExchanged(browser);
  });

  it('A1: without state it ends at a page', async () => {
    const { browser, hop } = await loginWith(authorizationResponseLies['an error without state']);
    expect(hop.status).toBe(400);
    await expectNothingExchanged(browser);
  });
});

describe('an honest answer with odd company', () => {
  it('B2: parameters nobody knows are ignored', async () => {
    const lie = { parameters: { session_state: 'x', extra: '1' } };
    const { browser } = await loginWith(lie);
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });
});
