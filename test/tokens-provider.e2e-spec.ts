import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type RunningAuthorizationServer, startAuthorizationServer } from '../src/dev/authorization-server/index.js';
import { type RunningDemoApi, startDemoApi } from '../src/dev/demo-api/index.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { isLoggedIn, script, turnClock } from './support/scene.js';

const AUDIENCE = 'urn:parlour:demo-api';
let as: RunningAuthorizationServer;
let api: RunningDemoApi;
let parlour: Parlour;

beforeAll(async () => {
  as = await startAuthorizationServer({ port: 0, clients: [], api: { audience: AUDIENCE, scopes: ['orders:read'] } });
  api = await startDemoApi({ port: 0, issuer: as.url, audience: AUDIENCE });
  parlour = await startParlour(as.url, {
    API_ROUTES: `/api=${api.url}`,
    SCOPE: 'openid profile offline_access orders:read',
  });
  await as.addClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${parlour.url}/callback`],
    postLogoutRedirectUris: [`${parlour.url}/logout/callback`],
  });
});
afterAll(async () => {
  for (const one of [parlour, api, as]) await one.close();
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

const orders = (browser: HttpBrowser) => script(browser, `${parlour.url}/api/orders`);

describe('with oidc-provider, whose refresh tokens are for one use', () => {
  it('R1 R3: parallel calls across three expiries keep the session and its API', async () => {
    const browser = await login();
    expect((await orders(browser)).json()).toMatchObject({ customer: 'alice' });
    // its token response names the API's scope alone, which is no loss
    expect(parlour.events('scope_reduced')).toEqual([]);
    const before = as.issued.refreshTokens.length;
    for (let round = 1; round <= 3; round++) {
      turnClock(280);
      const answers = await Promise.all(Array.from({ length: 20 }, () => orders(browser)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(as.issued.refreshTokens).toHaveLength(before + round);
    }
  });

  it('B18: a grant that is gone there ends the session here', async () => {
    const browser = await login();
    as.revokeGrantsOf('alice');
    turnClock(280);
    expect((await orders(browser)).json()).toMatchObject({ status: 401, code: 'session_ended' });
    expect(await isLoggedIn(browser, parlour)).toBe(false);
  });

  it('L3 L4: a logout leaves no refresh token that works, and no session at the server either', async () => {
    const browser = await login();
    const refreshToken = as.issued.refreshTokens.at(-1) ?? '';
    const { redirectUrl } = (await script(browser, `${parlour.url}/logout`, { method: 'POST' })).json();
    const tried = await fetch(`${as.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    });
    expect(await tried.json()).toMatchObject({ error: 'invalid_grant' });
    await browser.navigate(parlour.url + String(redirectUrl));
    if (browser.url?.startsWith(as.url)) await browser.submitForm();
    expect(browser.url).toBe(`${parlour.url}/`);
    await browser.navigate(`${parlour.url}/login?prompt=none`);
    expect(browser.url).toBe(`${parlour.url}/?login_error=login_required`);
  });
});
