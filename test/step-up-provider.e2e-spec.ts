import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type RunningAuthorizationServer, startAuthorizationServer } from '../src/dev/authorization-server/index.js';
import { type RunningDemoApi, startDemoApi } from '../src/dev/demo-api/index.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { isLoggedIn, script, turnClock } from './support/scene.js';

const AUDIENCE = 'urn:parlour:demo-api';
const CONFIRMED = 'urn:parlour:demo:confirmed';
let as: RunningAuthorizationServer;
let api: RunningDemoApi;
let strict: ApiStub;
let parlour: Parlour;

beforeAll(async () => {
  as = await startAuthorizationServer({ port: 0, clients: [], api: { audience: AUDIENCE, scopes: ['orders:read'] } });
  api = await startDemoApi({ port: 0, issuer: as.url, audience: AUDIENCE });
  strict = await startApiStub(({ headers }, response) => {
    const { acr } = decodeJwt((headers.authorization ?? '').slice('Bearer '.length));
    const challenge = `Bearer error="insufficient_user_authentication", acr_values="${CONFIRMED}"`;
    if (acr === CONFIRMED) response.end('{"paid":true}');
    else response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
  });
  parlour = await startParlour(as.url, {
    API_ROUTES: `/api=${api.url} /api/payments=${strict.url}`,
    SCOPE: 'openid profile offline_access orders:read',
  });
  await as.addClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${parlour.url}/callback`],
    postLogoutRedirectUris: [],
  });
});
afterAll(async () => {
  for (const one of [parlour, api, strict, as]) await one.close();
});
afterEach(() => {
  jest.useRealTimers();
});

async function login(): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.navigate(`${parlour.url}/login`);
  await browser.submitForm({ username: 'alice', password: 'any' });
  return browser;
}

async function stepUp(browser: HttpBrowser, loginUrl: unknown, username = 'alice'): Promise<void> {
  await browser.navigate(`${parlour.url}${String(loginUrl)}&return_to=/orders`, { initiator: parlour.url });
  expect(browser.url).toMatch(`${as.url}/interaction/`);
  await browser.submitForm({ username, password: 'any' });
  // the server ends the other user's session first, by a form that a browser would send by itself
  if (browser.url?.startsWith(as.url)) await browser.submitForm();
}

describe('with oidc-provider', () => {
  it('B23: an API that wants another acr gets it, and the app its answer', async () => {
    const browser = await login();
    const old = browser.clone();
    const pay = (who = browser) => script(who, `${parlour.url}/api/payments`, { method: 'POST', body: '{}' });
    const refused = (await pay()).json();
    expect(refused).toMatchObject({ status: 401, code: 'step_up_required', acrValues: [CONFIRMED] });
    await stepUp(browser, refused['loginUrl']);
    expect(browser.url).toBe(`${parlour.url}/orders`);
    expect((await pay()).json()).toEqual({ paid: true });
    expect(await isLoggedIn(old, parlour)).toBe(false);
  });

  it('B23: an API that wants a fresh login gets it, though the session at the server goes on', async () => {
    const browser = await login();
    const card = () => script(browser, `${parlour.url}/api/card`);
    expect((await card()).status).toBe(200);
    turnClock(61);
    const refused = (await card()).json();
    expect(refused).toMatchObject({ code: 'step_up_required', maxAge: 60, loginUrl: '/login?max_age=60' });
    // a login that asks for nothing more would have been silent, and told the API nothing new
    expect((await card()).json()).toMatchObject({ code: 'step_up_required' });
    await stepUp(browser, refused['loginUrl']);
    expect(await card()).toMatchObject({ status: 200, body: expect.stringContaining('4242') });
  });

  it('B23: another user’s login ends the session and says so', async () => {
    const browser = await login();
    turnClock(61);
    const { loginUrl } = (await script(browser, `${parlour.url}/api/card`)).json();
    const before = api.requests.length;
    await stepUp(browser, loginUrl, 'bob');
    expect(browser.url).toBe(`${parlour.url}/orders?login_error=different_user`);
    expect(await isLoggedIn(browser, parlour)).toBe(false);
    expect(api.requests).toHaveLength(before);
  });
});
