import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, toCallback } from './login-flow.js';
import { freePort } from './support/free-port.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

/** `says` promises `iss` in its responses, `silent` doesn't and leaves it out: a mix-up shows there by the redirect URI alone (RFC 9700 §4.4.2.2). */
let says: Hostile;
let silent: Hostile;
let parlour: Parlour;
let one: string;
let two: string;

beforeAll(async () => {
  const client = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  says = await startHostileAuthorizationServer(client);
  silent = await startHostileAuthorizationServer(client);
  saysNothing();
  const port = await freePort();
  [one, two] = [`http://one.localhost:${port}`, `http://two.localhost:${port}`];
  const frontends = [
    { name: 'one', publicUrl: one, issuer: says.issuer },
    { name: 'two', publicUrl: two, issuer: silent.issuer },
  ];
  parlour = await startParlour('', { PORT: String(port), PUBLIC_URL: '', ISSUER: '' }, { frontends });
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([says.close(), silent.close()]);
});
beforeEach(() => {
  for (const server of [says, silent]) server.beHonest();
  saysNothing();
});

function saysNothing(): void {
  silent.lies.discovery = { members: { authorization_response_iss_parameter_supported: undefined } };
  silent.lies.authorization = { parameters: { iss: undefined } };
}

const at = (url: string): Parlour => ({ ...parlour, url });
const tokenCalls = () => [says.count('token'), silent.count('token')];

/** A login under way at `url`, with its cookies as they'd be sent. */
async function underWay(url: string) {
  const browser = new HttpBrowser();
  const callback = await toCallback(at(url), browser, { return_to: '/orders' });
  const cookies = browser.cookies(callback.href).map(({ name, value }) => `${name}=${value}`);
  return { browser, callback, cookie: cookies.join('; ') };
}

/** What one issuer's login came back with, at another's redirect URI, and with the cookies of both. */
function mixedUp(url: string, callback: URL, ...cookies: string[]): Promise<Hop> {
  const moved = new URL(callback.pathname + callback.search, url);
  return new HttpBrowser().navigate(moved.href, { headers: { cookie: cookies.join('; ') }, follow: false });
}

describe('two authorization servers, one of which doesn’t advertise iss', () => {
  it('A11: each have a redirect URI of their own, and a login at each lands', async () => {
    for (const url of [one, two]) {
      const { browser, callback } = await underWay(url);
      expect(callback.origin).toBe(url);
      await browser.navigate(callback.href);
      expect([browser.url, await isLoggedIn(at(url), browser)]).toEqual([`${url}/orders`, true]);
    }
    const redirectUris = [says, silent].map(server => server.to('par')[0]?.params.get('redirect_uri'));
    expect(redirectUris).toEqual([`${one}/callback`, `${two}/callback`]);
    expect(tokenCalls()).toEqual([1, 1]);
  });

  it('A11: can’t be given one redirect URI: the start is refused', async () => {
    const frontends = [
      { name: 'one', publicUrl: one, issuer: says.issuer },
      { name: 'two', publicUrl: one, issuer: silent.issuer, cookieSuffix: 'two' },
    ];
    const started = startParlour('', { PUBLIC_URL: '', ISSUER: '' }, { frontends });
    await expect(started).rejects.toThrow('/frontends/1/publicUrl is that of an earlier frontend, too');
  });

  it.each([
    ['with iss at the redirect URI of the one without', () => [one, two]],
    ['without iss at the redirect URI of the one with', () => [two, one]],
  ])('A11, A1: a callback %s is refused before anybody is asked', async (_what, places) => {
    const [from = '', to = ''] = places();
    const [login, other] = [await underWay(from), await underWay(to)];
    expect((await mixedUp(to, login.callback, login.cookie, other.cookie)).status).toBe(400);
    expect((await mixedUp(to, login.callback, login.cookie)).status).toBe(400);
    expect(tokenCalls()).toEqual([0, 0]);
    for (const { browser, callback } of [login, other]) {
      await browser.navigate(callback.href);
      expect(browser.url).toBe(`${callback.origin}/orders`);
    }
    expect(tokenCalls()).toEqual([1, 1]);
  });

  it('A11, A1: nor does it help to take iss out on the way', async () => {
    const [login, other] = [await underWay(one), await underWay(two)];
    login.callback.searchParams.delete('iss');
    expect((await mixedUp(two, login.callback, login.cookie, other.cookie)).status).toBe(400);
    expect(tokenCalls()).toEqual([0, 0]);
  });

  it('A11, A2: a code put into the other login’s response reaches no server where iss is advertised', async () => {
    const [login, other] = [await underWay(two), await underWay(one)];
    const mixed = new URL(login.callback);
    mixed.searchParams.set('state', other.callback.searchParams.get('state') ?? '');
    expect((await mixedUp(one, mixed, other.cookie)).status).toBe(400);
    expect(tokenCalls()).toEqual([0, 0]);
  });

  it('B28: a cookie of one opens at no other, also under the other’s name', async () => {
    const [login, other] = [await underWay(one), await underWay(two)];
    const [name = ''] = other.cookie.split('=');
    const renamed = `${name}=${login.cookie.slice(login.cookie.indexOf('=') + 1)}`;
    expect((await mixedUp(two, other.callback, renamed)).status).toBe(400);
    await login.browser.navigate(login.callback.href);
    const session = login.browser.cookies(one).find(cookie => cookie.name === '__Host-Http-session');
    const thief = new HttpBrowser();
    thief.setCookie(two, `${session?.name}=${session?.value}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    expect(await isLoggedIn(at(two), thief)).toBe(false);
    expect(await isLoggedIn(at(one), login.browser)).toBe(true);
    expect(silent.count('token')).toBe(0);
  });
});
