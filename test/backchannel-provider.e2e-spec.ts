import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningAuthorizationServer, startAuthorizationServer } from '../src/dev/authorization-server/index.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour, until } from './support/parlour.js';
import { isLoggedIn, script } from './support/scene.js';

let as: RunningAuthorizationServer;
let parlour: Parlour;
let other: Parlour;
/** What the authorization server says of logout tokens that weren't taken. */
let complaints: string[];

beforeAll(async () => {
  const api = { audience: 'urn:parlour:demo-api', scopes: ['orders:read'] };
  complaints = [];
  as = await startAuthorizationServer({ port: 0, clients: [], api, log: line => complaints.push(line) });
  parlour = await startParlour(as.url, { SCOPE: 'openid profile offline_access', LOGOUT_TOKEN_TYP: 'logout+jwt' });
  const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = parlour.environment;
  other = await startParlour(as.url, same);
  await as.addClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${parlour.url}/callback`, `${other.url}/callback`],
    postLogoutRedirectUris: [`${parlour.url}/logout/callback`],
    backchannelLogoutUri: `${parlour.url}/backchannel-logout`,
  });
});
afterAll(async () => {
  for (const one of [other, parlour, as]) await one.close();
});
beforeEach(() => {
  complaints.length = 0;
});

async function login(username = 'alice', at = parlour): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.navigate(`${at.url}/login`);
  await browser.submitForm({ username, password: 'any' });
  return browser;
}

/** At the authorization server, where it asks whether that is wanted. */
async function logOutThere(browser: HttpBrowser): Promise<void> {
  await browser.navigate(`${as.url}/session/end`);
  await browser.submitForm({}, { button: 'logout' });
  expect(browser.page?.body).toContain('Signed out');
}

describe('a logout at oidc-provider', () => {
  it('L6, L8: ends the session here before the browser hears of it, and none of anybody else’s, nor of another browser', async () => {
    const [here, elsewhere, bob] = [await login(), await login(), await login('bob')];
    await logOutThere(here);
    expect(await isLoggedIn(here, parlour)).toBe(false);
    expect([await isLoggedIn(elsewhere, parlour), await isLoggedIn(bob, parlour)]).toEqual([true, true]);
    expect(parlour.events('session_ended').concat(other.events('session_ended'))).toMatchObject([
      { reason: 'backchannel_logout' },
    ]);
    expect(complaints).toEqual([]);
  });

  it('L8: ends a session that another instance began', async () => {
    const browser = await login('carol', other);
    expect(await isLoggedIn(browser, other)).toBe(true);
    await logOutThere(browser);
    expect(await isLoggedIn(browser, other)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('L8: leaves no refresh token that works', async () => {
    const browser = await login('bob');
    const refreshToken = as.issued.refreshTokens.at(-1) ?? '';
    const revocations = as.requests.filter(({ endpoint }) => endpoint === 'revocation').length;
    await logOutThere(browser);
    await until(
      'it is revoked',
      () => as.requests.filter(({ endpoint }) => endpoint === 'revocation').length >= revocations + 2,
    );
    const tried = await fetch(`${as.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    });
    expect(await tried.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('L8: that began here finds the session gone, and is told that it succeeded', async () => {
    const browser = await login();
    const { redirectUrl } = (await script(browser, `${parlour.url}/logout`, { method: 'POST' })).json();
    const before = other.events('backchannel_logout_completed').length;
    await browser.navigate(parlour.url + String(redirectUrl));
    if (browser.url?.startsWith(as.url)) await browser.submitForm();
    expect(browser.url).toBe(`${parlour.url}/`);
    expect(other.events('backchannel_logout_completed').slice(before)).toMatchObject([{ sessions: 0 }]);
    expect(complaints).toEqual([]);
  });

  it('L11: lets the same browser in again at once', async () => {
    const browser = await login();
    await logOutThere(browser);
    await browser.navigate(`${parlour.url}/login`);
    await browser.submitForm({ username: 'alice', password: 'any' });
    expect(await isLoggedIn(browser, parlour)).toBe(true);
  });

  it('L11: leaves nothing of a login that is on its way back to us, whichever of the two refuses it', async () => {
    const browser = await login();
    // a second login in the same browser, which knows the user already: it stops at the callback
    const hop = await browser.navigate(`${parlour.url}/login`, {
      until: url => url.startsWith(`${parlour.url}/callback`),
    });
    await logOutThere(browser);
    await browser.navigate(hop.location ?? '');
    expect(new URL(browser.url ?? '').searchParams.get('login_error')).toBe('login_failed');
    expect(await isLoggedIn(browser, parlour)).toBe(false);
  });
});
