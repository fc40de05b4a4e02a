import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { logIn, sessionState, signIn } from './support/browser-stage.js';
import { launchBrowser, recordTraffic, scanForSecrets, type Traffic } from './support/chromium.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import { CLIENT_SECRET } from './support/parlour.js';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let traffic: Traffic;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  // nobody told this browser who vouches for the authorization server
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  traffic = await recordTraffic(context);
  page = await context.newPage();
});
afterEach(() => context.close());

describe.each(['query', 'form_post', 'form_post.jwt'])('in Chromium, with %s', RESPONSE_MODE => {
  const posts = RESPONSE_MODE.startsWith('form_post');
  let pair: FapiPair;
  let app: string;
  beforeAll(async () => {
    const client = { client_secret: CLIENT_SECRET };
    pair = await startFapiPair({ RESPONSE_MODE, SPA_DIR: 'client-demo/dist' }, { client });
    app = pair.parlour.url;
  });
  afterAll(() => pair?.close());

  const ours = async (name: string) =>
    (await context.cookies(app)).filter(cookie => cookie.name.startsWith(`__Host-Http-${name}`));

  /** As the SPA does it: asks for the address by script, and goes there. */
  async function logInSilently(returnTo: string): Promise<void> {
    const address = `/login?${new URLSearchParams({ prompt: 'none', return_to: returnTo })}`;
    const redirectUrl = await page.evaluate(async url => {
      const response = await fetch(url, { headers: { accept: 'application/json', 'X-CSRF': '1' } });
      const answer: { redirectUrl: string } = await response.json();
      return answer.redirectUrl;
    }, address);
    await page.goto(redirectUrl, { referer: `${app}/` });
  }

  async function wasSaid(error: string): Promise<boolean> {
    return (await traffic.settled()).urls.some(url => url.includes(`login_error=${error}`));
  }

  it('B2, B5: a login lands, its cookie as loose as it has to be, and the session’s Strict', async () => {
    await logIn(page, app);
    const [login] = await ours('login');
    expect(login).toMatchObject({ sameSite: posts ? 'None' : 'Lax', secure: true, httpOnly: true, path: '/' });
    expect((await ours('session'))[0]).toMatchObject({ sameSite: 'Strict', secure: true, httpOnly: true });
    await traffic.settled();
    const callbacks = traffic.urls.filter(url => url.startsWith(`${app}/callback`));
    expect(callbacks).toHaveLength(1);
    expect(callbacks[0] === `${app}/callback`).toBe(posts);
    const codes = pair.server.issued.codes.map(value => ({ kind: 'code', value }));
    expect(codes.length).toBeGreaterThan(0);
    const inUrls = scanForSecrets({ exchanges: [], console: [...traffic.urls, ...traffic.addresses] }, codes);
    expect(inUrls.length > 0).toBe(!posts);
  });

  it('a silent login, where somebody is logged in at the authorization server, logs them in here', async () => {
    await logIn(page, app);
    await context.clearCookies({ domain: 'localhost' });
    await page.goto(`${app}/orders`);
    await sessionState(page, 'anonymous');
    await logInSilently('/about');
    await page.waitForURL(`${app}/about`);
    await sessionState(page, 'authenticated');
  });

  it('a silent login, where nobody is, says login_required, and nobody is logged in', async () => {
    await page.goto(`${app}/orders`);
    await sessionState(page, 'anonymous');
    await logInSilently('/about');
    await page.waitForURL(`${app}/about**`);
    await sessionState(page, 'anonymous');
    expect(await wasSaid('login_required')).toBe(true);
    expect(await ours('login')).toEqual([]);
  });

  it('a silent login that fails leaves the session that is there as it was', async () => {
    await logIn(page, app);
    const [before] = await ours('session');
    await context.clearCookies({ domain: '127.0.0.1' });
    await logInSilently('/about');
    await page.waitForURL(`${app}/about**`);
    await sessionState(page, 'authenticated');
    expect(await wasSaid('login_required')).toBe(true);
    expect((await ours('session'))[0]?.value).toBe(before?.value);
  });

  it('F7: a silent login by navigation, from the app itself, ends the same way', async () => {
    await page.goto(`${app}/orders`);
    await page.evaluate(() => location.assign('/login?prompt=none&return_to=/about'));
    await page.waitForURL(`${app}/about**`);
    await sessionState(page, 'anonymous');
    expect(await wasSaid('login_required')).toBe(true);
  });

  it('a login that the user cancels comes back with its code', async () => {
    await page.goto(`${app}/orders`);
    await page.getByTestId('login').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByTestId('login-error').waitFor();
    expect(await wasSaid('access_denied')).toBe(true);
    await page.getByTestId('login').click();
    await signIn(page, 'bob');
    await sessionState(page, 'authenticated');
  });
});
