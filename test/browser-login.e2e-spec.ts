import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { scanForSecrets } from './support/chromium.js';
import {
  logIn,
  newVisitor,
  secretsOf,
  sessionState,
  signIn,
  type Stage,
  startStage,
  unseen,
  type Visitor,
} from './support/browser-stage.js';

let stage: Stage;
let app: string;
let visitor: Visitor;

beforeAll(async () => {
  stage = await startStage();
  app = stage.parlour.url;
});
afterAll(() => stage?.close());
beforeEach(async () => {
  await visitor?.context.close();
  visitor = await newVisitor(stage);
});

/** The URLs at the authorization server that the browser was sent to by the BFF or by the SPA. */
const authorizationUrls = () =>
  visitor.traffic.urls
    .filter(url => url.startsWith(`${stage.as.url}/`))
    .map(url => new URL(url))
    .filter(({ pathname }) => pathname === '/auth');

describe('in Chromium, a login', () => {
  it('P6: by the SPA’s button shows scripts and address bar one OAuth URL, with client_id and request_uri alone', async () => {
    const { page, traffic } = visitor;
    await page.goto(`${app}/orders?tab=2`);
    await page.getByTestId('login').click();
    await signIn(page);
    await sessionState(page, 'authenticated');
    const { redirectUrl } = await page.evaluate(() => JSON.parse(sessionStorage.getItem('demo.last-login') ?? ''));
    expect(page.url()).toBe(`${app}/orders?tab=2`);
    await traffic.settled();
    expect(authorizationUrls().map(({ href }) => href)).toEqual([redirectUrl]);
    expect([...new URL(redirectUrl).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
  });

  it('P6: by a plain link does the same without any script', async () => {
    const { page, traffic } = visitor;
    await page.goto(`${app}/orders?tab=2`);
    await page.getByTestId('login-link').click();
    await signIn(page, 'bob');
    await sessionState(page, 'authenticated');
    expect(page.url()).toBe(`${app}/orders?tab=2`);
    expect(await page.getByTestId('user-name').textContent()).toBe('Bob Brown');
    await traffic.settled();
    expect(authorizationUrls().map(({ searchParams }) => [...searchParams.keys()].toSorted())).toEqual([
      ['client_id', 'request_uri'],
    ]);
  });

  it('P7: a second one, while the authorization server knows the user, comes back by redirects alone, with a URL of its own', async () => {
    const { page, traffic } = visitor;
    await logIn(page, app);
    await page.goto(`${app}/login?return_to=/about`);
    expect(page.url()).toBe(`${app}/about`);
    await sessionState(page, 'authenticated');
    await traffic.settled();
    expect(new Set(authorizationUrls().map(url => url.searchParams.get('request_uri'))).size).toBe(2);
  });

  it('B2: puts nothing into a fragment, at any moment', async () => {
    const { page, traffic } = visitor;
    await logIn(page, app);
    await traffic.settled();
    const locations = traffic.exchanges.flatMap(({ headers }) => headers['location'] ?? []);
    expect(locations.length).toBeGreaterThan(2);
    expect([...traffic.addresses, ...traffic.urls, ...locations].filter(url => url.includes('#'))).toEqual([]);
  });

  it('B3, B5, B6, B7, B8: leaves two cookies with the attributes of the contract, and none that a script can read', async () => {
    const { page, context } = visitor;
    await logIn(page, app);
    const common = { domain: 'localhost', path: '/', secure: true, httpOnly: true };
    const cookies = await context.cookies(app);
    expect(cookies.toSorted((a, b) => b.name.localeCompare(a.name))).toEqual([
      expect.objectContaining({ ...common, name: '__Host-Http-session', sameSite: 'Strict', expires: -1 }),
      expect.objectContaining({
        ...common,
        name: expect.stringMatching(/^__Host-Http-login\.[\w-]{22}$/),
        sameSite: 'Lax',
      }),
    ]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });

  it('that the user cancels comes back with login_error, which the SPA says in words and takes out of the address bar', async () => {
    const { page, traffic } = visitor;
    await page.goto(`${app}/orders?tab=2`);
    await page.getByTestId('login').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByTestId('login-error').waitFor();
    expect(await page.getByTestId('login-error').textContent()).toContain('you cancelled the login');
    expect(page.url()).toBe(`${app}/orders?tab=2`);
    expect((await traffic.settled()).urls).toContain(`${app}/orders?tab=2&login_error=access_denied`);
    await sessionState(page, 'anonymous');
  });
});

describe('in Chromium, after the login', () => {
  it('an API call succeeds, and one that the API refuses is shown as the API’s refusal', async () => {
    const { page } = visitor;
    await logIn(page, app);
    await page.getByTestId('call-orders').click();
    await page.getByRole('cell', { name: 'Earl Grey, loose leaf' }).waitFor();
    expect(stage.api.requests.at(-1)?.headers.authorization).toMatch(/^Bearer /);
    expect(stage.api.requests.at(-1)?.headers.cookie).toBeUndefined();
    await page.getByTestId('call-refused').click();
    const refusal = page.locator('[data-testid=api-result][data-ok=false]');
    await refusal.waitFor();
    expect(await refusal.textContent()).toContain('This needs the scope orders:write.');
  });

  it('L1, L5: a logout ends the session here and at the authorization server, and brings the user back to the app', async () => {
    const { page, context } = visitor;
    await logIn(page, app);
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    expect(page.url()).toBe(`${app}/`);
    expect((await context.cookies(app)).map(({ name }) => name)).not.toContain('__Host-Http-session');
    await page.getByTestId('login').click();
    await page.getByLabel('User name').waitFor();
  });
});

describe('in Chromium, a whole visit – login, refused and granted API calls, logout –', () => {
  it('B16: brings no token, verifier or credential to the browser, but for the id_token_hint of /logout/continue', async () => {
    const { page, traffic } = visitor;
    await logIn(page, app);
    await page.getByTestId('call-orders').click();
    await page.locator('[data-testid=api-result][data-ok=true]').waitFor();
    await page.getByTestId('call-refused').click();
    await page.locator('[data-testid=api-result][data-ok=false]').waitFor();
    await traffic.inspect(page);
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    await traffic.inspect(page);
    await page.evaluate(text => console.log(text), Buffer.from('a planted secret').toString('base64'));
    await traffic.settled();
    expect(unseen(visitor, app)).toEqual([]);

    const planted = { kind: 'planted', value: 'a planted secret' };
    const hits = scanForSecrets(traffic, [...secretsOf(stage), planted]);
    const atTheApp = hits.filter(({ url }) => !url.startsWith(stage.as.url));
    expect(atTheApp.map(({ kind, place, url }) => [kind, place, url.split('?')[0]])).toEqual([
      ['id_token', 'response headers', `${app}/logout/continue`],
      ['planted', 'console', ''],
    ]);
    // where that 303 leads: the server that issued it gets it back
    const back = hits.filter(({ url }) => url.startsWith(stage.as.url));
    expect(new Set(back.map(({ kind }) => kind))).toEqual(new Set(['id_token']));
    expect(new Set(back.map(({ url }) => new URL(url).pathname.split('/')[1]))).toEqual(new Set(['session']));
  });

  it('B16: shows the code and the state to the callback’s URL and to nothing else of the app', async () => {
    const { page, traffic } = visitor;
    await logIn(page, app);
    await traffic.inspect(page);
    await traffic.settled();
    const callback = new URL(traffic.urls.find(url => url.startsWith(`${app}/callback`)) ?? '');
    const code = callback.searchParams.get('code') ?? '';
    const state = callback.searchParams.get('state') ?? '';
    expect(stage.as.issued.codes).toContain(code);
    const hits = scanForSecrets(traffic, [
      { kind: 'code', value: code },
      { kind: 'state', value: state },
    ]);
    const atTheApp = hits.filter(({ url }) => !url.startsWith(stage.as.url));
    expect(atTheApp.map(({ kind, place, url }) => [kind, place, url])).toEqual([
      ['code', 'request URL', callback.href],
      ['state', 'request URL', callback.href],
    ]);
  });

  it('S3: leaves no token, cookie, code, state or secret in the log', async () => {
    const { page, context, traffic } = visitor;
    await logIn(page, app);
    await page.getByTestId('call-orders').click();
    await page.locator('[data-testid=api-result][data-ok=true]').waitFor();
    const cookies = (await context.cookies(app)).map(({ value }) => ({ kind: 'cookie', value }));
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    const states = (await traffic.settled()).urls
      .filter(url => url.startsWith(`${app}/callback`))
      .map(url => ({ kind: 'state', value: new URL(url).searchParams.get('state') ?? '' }));
    const codes = stage.as.issued.codes.map(value => ({ kind: 'code', value }));
    expect(states).toHaveLength(1);
    expect(cookies).toHaveLength(2);
    expect(stage.parlour.events('login_completed')).not.toEqual([]);
    const log = { exchanges: [], console: [stage.parlour.logText()] };
    expect(scanForSecrets(log, [...secretsOf(stage), ...cookies, ...states, ...codes])).toEqual([]);
  });
});
