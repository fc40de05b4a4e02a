import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn, type Pair, startPair, toCallback } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

async function loggedIn(): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await logIn(pair.parlour, browser);
  expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  pair.hostile.calls = [];
  return browser;
}

async function subject(browser: HttpBrowser): Promise<unknown> {
  const script = { headers: { 'X-CSRF': '1' }, page: pair.parlour.url };
  const { user } = (await browser.fetch(`${pair.parlour.url}/session`, script)).json();
  return user;
}

/** What the server has issued since, and which of it still lives. */
function tokensSince(count: number) {
  return pair.hostile.issued.slice(count).filter(({ kind }) => kind === 'access_token' || kind === 'refresh_token');
}

describe('a re-authentication that another user answers', () => {
  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['prompt=login consent', { prompt: 'login consent' }],
    ['max_age', { max_age: '0' }],
    ['acr_values', { acr_values: 'gold' }],
  ])('B23: after %s ends the old session, starts none and revokes what it got', async (_what, parameters) => {
    const browser = await loggedIn();
    const old = browser.clone();
    const issued = pair.hostile.issued.length;
    pair.hostile.user = 'mallory';
    await logIn(pair.parlour, browser, { ...parameters, return_to: '/orders' });
    expect(browser.url).toBe(`${pair.parlour.url}/orders?login_error=different_user`);
    for (const one of [browser, old]) expect(await isLoggedIn(pair.parlour, one)).toBe(false);
    const fresh = tokensSince(issued);
    expect(fresh).toHaveLength(2);
    for (const { value } of fresh) expect(pair.hostile.grants.isLive(value)).toBe(false);
    expect(pair.parlour.events('session_ended').at(-1)).toMatchObject({ reason: 'different_user' });
    expect(pair.parlour.events('login_failed').at(-1)).toMatchObject({ loginError: 'different_user' });
  });

  it('B23: also when the old session’s Strict cookie didn’t come to the callback', async () => {
    const browser = await loggedIn();
    const old = browser.clone();
    pair.hostile.user = 'mallory';
    pair.hostile.lies.authorization = { form: true };
    await browser.navigate(`${pair.parlour.url}/login?prompt=login`, { initiator: pair.parlour.url });
    await browser.submitForm({ password: 'x' });
    const callback = browser.hops.find(({ url }) => url.startsWith(`${pair.parlour.url}/callback`));
    expect(callback?.requestHeaders['cookie']).not.toContain('__Host-Http-session=');
    expect(browser.url).toBe(`${pair.parlour.url}/?login_error=different_user`);
    expect(await isLoggedIn(pair.parlour, old)).toBe(false);
  });

  it('B23, A10: the same callback again says the same, without a token call', async () => {
    const browser = await loggedIn();
    pair.hostile.user = 'mallory';
    const callback = await toCallback(pair.parlour, browser, { prompt: 'login' });
    await browser.resume();
    await browser.navigate(callback.href);
    expect(browser.url).toBe(`${pair.parlour.url}/?login_error=different_user`);
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('P8, B23: the one retry keeps in mind who must come back', async () => {
    const browser = await loggedIn();
    pair.hostile.user = 'mallory';
    pair.hostile.lies.authorization = { parameters: { code: undefined, error: 'invalid_request_uri' }, times: 1 };
    await logIn(pair.parlour, browser, { prompt: 'login' });
    expect(browser.url).toBe(`${pair.parlour.url}/?login_error=different_user`);
  });
});

describe('a login on top of a session', () => {
  it('B23: a re-authentication by the same user replaces the session', async () => {
    const browser = await loggedIn();
    const old = browser.clone();
    await logIn(pair.parlour, browser, { prompt: 'login', return_to: '/orders' });
    expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
    expect(await isLoggedIn(pair.parlour, old)).toBe(false);
  });

  it.each([
    ['without a word', {}],
    ['by prompt=select_account', { prompt: 'select_account' }],
  ])('B21: another user %s gets a session of their own, and the old one ends', async (_what, parameters) => {
    const browser = await loggedIn();
    const old = browser.clone();
    pair.hostile.user = 'bob';
    await logIn(pair.parlour, browser, parameters);
    expect(await subject(browser)).toMatchObject({ sub: 'bob' });
    expect(await isLoggedIn(pair.parlour, old)).toBe(false);
    expect(pair.parlour.events('session_ended').at(-1)).toMatchObject({ reason: 'replaced' });
  });

  it('B21: the session id is new at every login, whatever cookie came along', async () => {
    const browser = await loggedIn();
    const before = browser.cookies(pair.parlour.url).find(({ name }) => name === '__Host-Http-session')?.value;
    await logIn(pair.parlour, browser);
    const after = browser.cookies(pair.parlour.url).find(({ name }) => name === '__Host-Http-session')?.value;
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
  });
});
