import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newVisitor, sessionState, signIn, unseen, type Visitor } from './support/browser-stage.js';
import {
  type Chain,
  logInByChain,
  secretsOfChain,
  signInAndAllow,
  startChain,
} from './support/authlete-chain-stage.js';
import { scanForSecrets } from './support/chromium.js';
import { CLIENT_ID } from './support/parlour.js';

// The article's sequence in a real Chromium with its security on: demo SPA → BFF → authorization server → emulator → API call → logout.

/** Every test is a whole visit. Milliseconds. */
jest.setTimeout(60_000);

let chain: Chain;
let app: string;
let visitor: Visitor;

beforeAll(async () => {
  chain = await startChain();
  app = chain.parlour.url;
});
afterAll(() => chain?.close());
beforeEach(async () => {
  chain.calls.length = 0;
  visitor = await newVisitor(chain);
});
afterEach(async () => {
  chain.emulator.set({ service: { parRequired: true }, client: { clientId: CLIENT_ID, parRequired: false } });
  await visitor.context.close();
});

const apisCalled = () => chain.calls.map(({ path }) => path.replace(/^\/api\/\d+\//, ''));
/** As the SPA's button gets it. */
const pushed = () =>
  visitor.page.evaluate(async () => {
    const response = await fetch('/login?return_to=/orders', {
      headers: { Accept: 'application/json', 'X-CSRF': '1' },
    });
    return (await response.json()) as { redirectUrl: string; expiresIn: number };
  });

async function callsTheApi(): Promise<void> {
  const { page } = visitor;
  await page.getByTestId('call-orders').click();
  await page.getByRole('cell', { name: 'Earl Grey, loose leaf' }).waitFor();
}

describe('in Chromium, the whole chain', () => {
  it('goes by the SPA’s button: push, login, consent, code, tokens, API call, logout', async () => {
    const { page, traffic } = visitor;
    await logInByChain(page, app);
    expect(await page.getByTestId('user-name').textContent()).toBe('Alice Abbott');
    await callsTheApi();
    expect(chain.api.requests.at(-1)?.headers.authorization).toMatch(/^Bearer /);
    await page.getByTestId('call-refused').click();
    const refusal = page.locator('[data-testid=api-result][data-ok=false]');
    await refusal.waitFor();
    expect(await refusal.textContent()).toContain('This needs the scope orders:write.');
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    expect(page.url()).toBe(`${app}/`);
    const apis = ['pushed_auth_req', 'auth/authorization', 'auth/authorization/issue', 'auth/token'];
    expect(apisCalled().filter(api => !api.startsWith('service/'))).toEqual([
      ...apis,
      'auth/revocation',
      'auth/revocation',
    ]);
    await traffic.settled();
    const urls = traffic.urls.filter(url => url.startsWith(`${chain.issuer}/as/authorization`));
    expect(urls.map(url => [...new URL(url).searchParams.keys()].toSorted())).toEqual([['client_id', 'request_uri']]);
    expect(chain.parlour.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('goes by a plain link, too, and after a logout the authorization server still knows the person', async () => {
    const { page } = visitor;
    await page.goto(`${app}/orders?tab=2`);
    await page.getByTestId('login-link').click();
    await signInAndAllow(page, 'bob');
    await sessionState(page, 'authenticated');
    expect(page.url()).toBe(`${app}/orders?tab=2`);
    expect(await page.getByTestId('user-name').textContent()).toBe('Bob Brown');
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    await page.getByTestId('login').click();
    await page.getByText('You are signed in as Bob Brown').waitFor();
  });

  it('E10: comes back with access_denied when the person denies, which the SPA says in words', async () => {
    const { page } = visitor;
    await page.goto(`${app}/orders`);
    await page.getByTestId('login').click();
    await signIn(page);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByTestId('login-error').waitFor();
    expect(await page.getByTestId('login-error').textContent()).toContain('access was denied');
    await sessionState(page, 'anonymous');
    expect(apisCalled()).not.toContain('auth/token');
  });

  it('B16, E7: brings no token, ticket, verifier or credential to the browser, and the code and state to the callback alone', async () => {
    const { page, traffic } = visitor;
    await logInByChain(page, app);
    await callsTheApi();
    await traffic.inspect(page);
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    await traffic.inspect(page);
    await page.evaluate(text => console.log(text), Buffer.from('a planted secret').toString('base64'));
    await traffic.settled();
    expect(unseen(visitor, app)).toEqual([]);
    const planted = { kind: 'planted', value: 'a planted secret' };
    const hits = scanForSecrets(traffic, [...secretsOfChain(chain), planted]);
    expect(hits.map(({ kind, place }) => [kind, place])).toEqual([['planted', 'console']]);

    const callback = new URL(traffic.urls.find(url => url.startsWith(`${app}/callback`)) ?? '');
    const oneTime = ['code', 'state'].map(kind => ({ kind, value: callback.searchParams.get(kind) ?? '' }));
    const seen = scanForSecrets(traffic, oneTime).map(({ kind, place, url }) => [kind, place, url.split('?')[0]]);
    expect(new Set(seen.map(hit => hit.join(' ')))).toEqual(
      new Set(
        ['code', 'state'].flatMap(kind => [
          `${kind} response headers ${chain.issuer}/as/interaction`,
          `${kind} request URL ${app}/callback`,
        ]),
      ),
    );
  });

  it('E12, S3: leaves nothing of it in either log', async () => {
    const { page, context } = visitor;
    await logInByChain(page, app);
    await callsTheApi();
    const cookies = (await context.cookies()).map(({ name, value }) => ({ kind: name, value }));
    expect(cookies.length).toBeGreaterThanOrEqual(3);
    await page.getByTestId('logout').click();
    await sessionState(page, 'anonymous');
    const pages = [{ url: 'log', text: chain.parlour.logText() + chain.logText() }];
    expect(scanForSecrets({ exchanges: [], pages }, [...secretsOfChain(chain), ...cookies])).toEqual([]);
  });
});

describe('in Chromium, the article’s settings', () => {
  it('P9: a request that wasn’t pushed is refused when the service requires PAR, and the chain isn’t', async () => {
    await refusesUnpushed();
    await logInByChain(visitor.page, app);
  });

  it('P9: and when the client alone does', async () => {
    chain.emulator.set({ service: { parRequired: false }, client: { clientId: CLIENT_ID, parRequired: true } });
    await refusesUnpushed('A008305');
    await logInByChain(visitor.page, app);
  });

  /** All that a push would hold, in the address bar. */
  async function refusesUnpushed(code = ''): Promise<void> {
    const { page } = visitor;
    const request = new URLSearchParams({
      client_id: CLIENT_ID,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${app}/callback`,
      state: 'x',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const answer = await page.goto(`${chain.issuer}/as/authorization?${request}`);
    expect(answer?.status()).toBe(400);
    expect(await answer?.json()).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining(code),
    });
  }

  it('P8: a request_uri opened after its pushedAuthReqDuration is refused where it is, and another login works', async () => {
    const { page } = visitor;
    await page.goto(app);
    const { redirectUrl, expiresIn } = await pushed();
    expect(expiresIn).toBe(600);
    const failures = chain.parlour.events('login_failed').length;
    chain.emulator.advance(601);
    const answer = await page.goto(redirectUrl);
    chain.emulator.advance(-601);
    expect([answer?.status(), answer?.headers()['cache-control']]).toEqual([400, 'no-store']);
    expect(await answer?.json()).toMatchObject({ error: expect.stringMatching(/^invalid_request/) });
    // nobody is sent back: the BFF hears nothing of it, and its transaction waits until it expires
    expect(new URL(page.url()).origin).toBe(chain.issuer);
    expect(chain.parlour.events('login_failed')).toHaveLength(failures);
    await logInByChain(page, app);
  });

  it('P8: the URL of a login that is over is refused, and leaves the session alone', async () => {
    const { page } = visitor;
    await page.goto(app);
    const { redirectUrl } = await pushed();
    await page.goto(redirectUrl);
    await signInAndAllow(page);
    await sessionState(page, 'authenticated');
    const answer = await page.goto(redirectUrl);
    expect(await answer?.json()).toMatchObject({
      error: 'invalid_request_uri',
      error_description: expect.stringContaining('A008303'),
    });
    await page.goto(app);
    await sessionState(page, 'authenticated');
  });
});
