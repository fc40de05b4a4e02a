import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type RunningAuthorizationServer, startAuthorizationServer } from '../../src/dev/authorization-server/index.js';
import { type RunningDemoApi, startDemoApi } from '../../src/dev/demo-api/index.js';
import { launchBrowser, type Needle, recordTraffic, type Traffic } from './chromium.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './parlour.js';

const AUDIENCE = 'urn:parlour:demo-api';

/** The whole sequence on one machine: the BFF at localhost, its authorization server and its API at 127.0.0.1, which is another site; a browser. */
export interface Stage {
  parlour: Parlour;
  as: RunningAuthorizationServer;
  api: RunningDemoApi;
  browser: Browser;
  close(): Promise<void>;
}

/** The demo SPA, unless the environment says where else it is. */
export async function startStage(environment: Record<string, string> = {}): Promise<Stage> {
  const as = await startAuthorizationServer({
    port: 0,
    clients: [],
    api: { audience: AUDIENCE, scopes: ['orders:read', 'orders:write'] },
  });
  const api = await startDemoApi({ port: 0, issuer: as.url, audience: AUDIENCE });
  const parlour = await startParlour(as.url, {
    API_ROUTES: `/api=${api.url}`,
    SCOPE: 'openid profile email offline_access orders:read',
    ...(environment['SPA_DEV_URL'] === undefined && { SPA_DIR: 'client-demo/dist' }),
    ...environment,
  });
  await as.addClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${parlour.url}/callback`],
    postLogoutRedirectUris: [`${parlour.url}/logout/callback`],
    backchannelLogoutUri: `${parlour.url}/backchannel-logout`,
  });
  const browser = await launchBrowser();
  return {
    parlour,
    as,
    api,
    browser,
    close: async () => {
      await browser.close();
      await parlour.close();
      await Promise.all([as.close(), api.close()]);
    },
  };
}

/** Somebody with a browser of their own, nothing in it yet. */
export interface Visitor {
  context: BrowserContext;
  page: Page;
  traffic: Traffic;
}

export async function newVisitor(
  { browser }: Pick<Stage, 'browser'>,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  const traffic = await recordTraffic(context);
  await context.addInitScript(sayWhatIsFetched);
  return { context, traffic, page: await context.newPage() };
}

/** Chromium throws an answer away when the page moves on at once, as after `/login` and `/logout`: so the page says it first, and the traffic keeps what it says. */
function sayWhatIsFetched(): void {
  const original = window.fetch;
  window.fetch = async (...request) => {
    const response = await original(...request);
    // its text would be there at its end, and the page would hear of nothing before
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) return response;
    console.debug(`fetched ${response.url}: ${await response.clone().text()}`);
    return response;
  };
}

/** URLs of our own whose answer nobody saw: a leak scan wants none. */
export function unseen({ traffic }: Visitor, app: string): string[] {
  const said = (url: string) => traffic.console.some(line => line.startsWith(`fetched ${url}: `));
  return traffic.unread.filter(url => url.startsWith(app) && !said(url));
}

/** What the browser's console says of the page's Content-Security-Policy. */
export function violations({ traffic }: Visitor): string[] {
  return traffic.console.filter(line => /Content.Security.Policy/.test(line));
}

/** Fills in the authorization server's form, where the page has come to. */
export async function signIn(page: Page, username = 'alice'): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill('any password');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits until the demo SPA says so. */
export async function sessionState(page: Page, state: 'authenticated' | 'anonymous' | 'ended'): Promise<void> {
  await page.locator(`[data-testid=session-state][data-state=${state}]`).waitFor();
}

export async function logIn(page: Page, app: string, username = 'alice'): Promise<void> {
  await page.goto(app);
  await page.getByTestId('login').click();
  await signIn(page, username);
  await sessionState(page, 'authenticated');
}

/** The requests that the authorization server's token endpoint has had. */
export function tokenCalls({ as }: Pick<Stage, 'as'>): URLSearchParams[] {
  return as.requests.filter(({ endpoint }) => endpoint === 'token').map(({ body }) => new URLSearchParams(body));
}

/** What really went around in this run and must stay on the server, by its kind. */
export function secretsOf(stage: Stage): Needle[] {
  const { accessTokens, refreshTokens, idTokens } = stage.as.issued;
  const verifiers = tokenCalls(stage).flatMap(form => form.get('code_verifier') ?? []);
  const byKind = {
    access_token: accessTokens,
    refresh_token: refreshTokens,
    id_token: idTokens,
    code_verifier: verifiers,
    client_secret: [CLIENT_SECRET],
  };
  return Object.entries(byKind).flatMap(([kind, values]) => {
    if (values.length === 0) throw new Error(`Nothing of this kind was issued, so a scan would prove nothing: ${kind}`);
    return values.map(value => ({ kind, value }));
  });
}
