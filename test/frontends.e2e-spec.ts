import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, createServer, type Server } from 'node:net';
import { type Hostile, startHostileAuthorizationServer, listen } from './support/hostile-authorization-server.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { cookieHeader, isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';
import { STORAGE, type Storage } from '../src/bff/index.js';

/** Two SPAs on two hosts, each at an issuer of its own, and a third on the first one's host at another port. One process, one storage, one key. */
let shopIssuer: Hostile;
let bankIssuer: Hostile;
let api: RecordingApi;
let parlour: Parlour;
let tunnel: Server;
let shop: string;
let bank: string;
let kiosk: string;

beforeAll(async () => {
  shopIssuer = await startHostileAuthorizationServer({ client_id: 'shop', client_secret: CLIENT_SECRET });
  bankIssuer = await startHostileAuthorizationServer({ client_id: 'bank', client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
  const port = await freePort();
  // the other port of the host leads to the same process, as a load balancer would have it
  tunnel = createServer(socket => {
    const inside = connect(port, '127.0.0.1');
    socket.pipe(inside).pipe(socket);
    for (const one of [socket, inside]) one.on('error', () => one.destroy());
  });
  const otherPort = await listen(tunnel);
  [shop, bank, kiosk] = [
    `http://shop.localhost:${port}`,
    `http://bank.localhost:${port}`,
    `http://shop.localhost:${otherPort}`,
  ];
  const frontends = [
    {
      name: 'shop',
      publicUrl: shop,
      issuer: shopIssuer.issuer,
      clientId: 'shop',
      apiRoutes: [{ path: '/api/shop', upstream: `${api.url}/shop` }],
    },
    {
      name: 'bank',
      publicUrl: bank,
      issuer: bankIssuer.issuer,
      clientId: 'bank',
      apiRoutes: [{ path: '/api/bank', upstream: `${api.url}/bank` }],
    },
    { name: 'kiosk', publicUrl: kiosk, issuer: shopIssuer.issuer, clientId: 'shop', cookieSuffix: 'kiosk' },
  ];
  const none = { PUBLIC_URL: '', ISSUER: '', CLIENT_ID: '' };
  parlour = await startParlour('', { PORT: String(port), ...none }, { frontends });
});
afterAll(async () => {
  await parlour.close();
  tunnel.close();
  for (const one of [api, shopIssuer, bankIssuer]) await one.close();
});
beforeEach(() => {
  shopIssuer.beHonest();
  bankIssuer.beHonest();
  api.requests = [];
});

/** The cookies of a frontend, sent to another. */
function carried(browser: HttpBrowser, from: string, to: string): HttpBrowser {
  const thief = new HttpBrowser();
  for (const { name, value, sameSite } of browser.cookies(from)) {
    thief.setCookie(to, `${name}=${value}; Secure; HttpOnly; Path=/; SameSite=${sameSite}`);
  }
  return thief;
}

describe('two frontends in one process', () => {
  it('B28: have their own issuer, client, redirect URI and cookies', async () => {
    const browser = new HttpBrowser();
    await loggedIn(shop, browser);
    await loggedIn(bank, browser);
    expect(shopIssuer.to('par')[0]?.params.get('redirect_uri')).toBe(`${shop}/callback`);
    expect(bankIssuer.to('par')[0]?.params.get('redirect_uri')).toBe(`${bank}/callback`);
    expect([shopIssuer, bankIssuer].map(one => one.to('par')[0]?.params.get('client_id'))).toEqual(['shop', 'bank']);
    expect(cookieHeader(browser, shop)).not.toBe(cookieHeader(browser, bank));
    expect(await isLoggedIn(browser, { url: shop })).toBe(true);
    await script(browser, `${shop}/logout`, { method: 'POST' });
    expect(await isLoggedIn(browser, { url: shop })).toBe(false);
    expect(await isLoggedIn(browser, { url: bank })).toBe(true);
  });

  it('B28: have their own API routes', async () => {
    const [customer, client] = [await loggedIn(shop), await loggedIn(bank)];
    expect((await script(customer, `${shop}/api/shop/x`)).status).toBe(200);
    expect((await script(client, `${bank}/api/bank/x`)).status).toBe(200);
    expect((await script(customer, `${shop}/api/bank/x`)).json()).toMatchObject({ code: 'unknown_api_route' });
    expect((await script(client, `${bank}/api/shop/x`)).json()).toMatchObject({ code: 'unknown_api_route' });
    expect(api.requests.map(({ url }) => url)).toEqual(['/shop/x', '/bank/x']);
  });

  it('B28: name themselves in the log and the metrics', async () => {
    await loggedIn(bank);
    expect(parlour.events('login_completed').at(-1)).toMatchObject({ frontend: 'bank' });
    const metrics = await (await fetch(`${parlour.managementUrl}/metrics`)).text();
    expect(metrics).toMatch(/parlour_logins_total\{frontend="bank",outcome="completed"\} [1-9]/);
  });

  it('B29: a request for an authority that is nobody’s gets 421', async () => {
    for (const host of [
      `localhost:${parlour.port}`,
      `evil.localhost:${parlour.port}`,
      'shop.localhost',
      'shop.localhost:1',
    ]) {
      const lines = ['GET /session HTTP/1.1', `Host: ${host}`, 'X-CSRF: 1', `X-Forwarded-Host: ${new URL(shop).host}`];
      expect((await rawRequest({ port: parlour.port, lines })).status).toBe(421);
    }
  });

  it('B10: one’s page is another origin to the other', async () => {
    const browser = await loggedIn(bank);
    const answer = await script(browser, `${bank}/session`, { page: `${shop}/`, credentials: 'include' });
    expect(answer.json()).toMatchObject({ status: 403, code: 'cross_site_request' });
  });
});

describe('a cookie of one frontend', () => {
  it('B28: is no session at the other, and is deleted there', async () => {
    const thief = carried(await loggedIn(shop), shop, bank);
    expect(cookieHeader(thief, bank)).not.toBe('');
    expect(await isLoggedIn(thief, { url: bank })).toBe(false);
    expect(cookieHeader(thief, bank)).toBe('');
    expect((await script(thief, `${bank}/api/bank/x`)).status).toBe(401);
    expect(api.requests).toEqual([]);
  });

  it('B28: finishes no login at the other', async () => {
    const browser = new HttpBrowser();
    await browser.navigate(`${shop}/login`, { until: url => url.startsWith(`${shop}/callback`) });
    const callback = browser.hops.at(-1)?.location ?? '';
    const thief = carried(browser, shop, bank);
    const answer = await thief.navigate(callback.replace(shop, bank));
    expect(answer.status).toBe(400);
    expect(bankIssuer.count('token')).toBe(0);
    expect(shopIssuer.count('token')).toBe(0);
  });

  it('B28: nor does its record open under the other’s name', async () => {
    const storage = parlour.server.app.get<Storage>(STORAGE);
    const client = await loggedIn(bank);
    const put = storage.put.bind(storage);
    const written = new Map<string, Uint8Array>();
    storage.put = (key, value, lifetime) => {
      written.set(key, value);
      return put(key, value, lifetime);
    };
    await loggedIn(shop);
    await loggedIn(bank, client);
    storage.put = put;
    const theirs = [...written.keys()].find(key => key.startsWith('{bank:') && key.endsWith(':session')) ?? '';
    const ours = [...written].find(([key]) => key.startsWith('{shop:') && key.endsWith(':session'));
    expect(await isLoggedIn(client, { url: bank })).toBe(true);
    await put(theirs, ours?.[1] ?? Buffer.of(), 60_000);
    expect(await isLoggedIn(client, { url: bank })).toBe(false);
  });

  it('B28: continues no logout at the other', async () => {
    const browser = await loggedIn(shop);
    const { redirectUrl } = (await script(browser, `${shop}/logout`, { method: 'POST' })).json();
    const hop = await browser.navigate(bank + String(redirectUrl), { follow: false });
    expect(hop.location).toBe(`${bank}/`);
    expect((await browser.navigate(shop + String(redirectUrl), { follow: false })).location).toMatch(shopIssuer.issuer);
  });
});

describe('two frontends on one host, whose ports share cookies', () => {
  it('B28: are told apart by the suffix of their cookies, and one browser is logged in at both', async () => {
    const browser = new HttpBrowser();
    await loggedIn(shop, browser);
    await loggedIn(kiosk, browser);
    const names = browser.cookies(kiosk).map(({ name }) => name.replace(/\..*/, ''));
    expect(new Set(names)).toEqual(
      new Set(['__Host-Http-session', '__Host-Http-session-kiosk', '__Host-Http-login', '__Host-Http-login-kiosk']),
    );
    expect(await isLoggedIn(browser, { url: shop })).toBe(true);
    expect(await isLoggedIn(browser, { url: kiosk })).toBe(true);
    await script(browser, `${kiosk}/logout`, { method: 'POST' });
    expect(await isLoggedIn(browser, { url: kiosk })).toBe(false);
    expect(await isLoggedIn(browser, { url: shop })).toBe(true);
  });

  it('B28: open nothing of each other’s, whatever name it’s put under', async () => {
    const browser = await loggedIn(shop);
    const value = cookieHeader(browser, shop).split('=')[1] ?? '';
    const thief = new HttpBrowser();
    thief.setCookie(kiosk, `__Host-Http-session-kiosk=${value}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    expect(await isLoggedIn(thief, { url: kiosk })).toBe(false);
  });

  it('B28: with the same suffix are refused at the start', async () => {
    const frontends = ['one', 'two'].map((name, index) => ({ name, publicUrl: `http://localhost:${4000 + index}` }));
    const started = startParlour(shopIssuer.issuer, { PUBLIC_URL: '' }, { frontends });
    await expect(started).rejects.toThrow(/cookieSuffix must differ .*ports share cookies/);
  });
});
