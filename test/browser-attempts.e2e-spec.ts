import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import {
  logIn,
  newVisitor,
  sessionState,
  signIn,
  type Stage,
  startStage,
  tokenCalls,
  type Visitor,
} from './support/browser-stage.js';
import { rawRequest } from './support/http-browser.js';
import { turnClock } from './support/scene.js';

let stage: Stage;
let app: string;
let visitor: Visitor;
let page: Page;

beforeAll(async () => {
  stage = await startStage();
  app = stage.parlour.url;
});
afterAll(() => stage?.close());
beforeEach(async () => {
  await visitor?.context.close();
  visitor = await newVisitor(stage);
  ({ page } = visitor);
});
afterEach(() => void jest.useRealTimers());

const SESSION = '__Host-Http-session';
const ours = async (context: BrowserContext, name: string) =>
  (await context.cookies(app)).filter(cookie => cookie.name.startsWith(`__Host-Http-${name}`));
const sessionCookie = async () => (await ours(visitor.context, 'session'))[0]?.value ?? '';

/** Whether a session cookie still opens anything. */
async function isAlive(value: string): Promise<boolean> {
  const lines = [
    'GET /session HTTP/1.1',
    `Host: ${new URL(app).host}`,
    'X-CSRF: 1',
    `Cookie: ${SESSION}=${value}`,
    'Connection: close',
  ];
  const { body } = await rawRequest({ port: stage.parlour.port, lines });
  return JSON.parse(body).authenticated === true;
}

/** Follows the authorization server to the callback's URL, with this browser's cookies, and doesn't open it. */
async function unspentCallback(from: string, form?: Record<string, string>): Promise<string> {
  let location = from;
  for (let hop = 0; hop < 6 && !location.startsWith(`${app}/callback`); hop++) {
    const init = { maxRedirects: 0, ...(hop === 0 && form && { method: 'POST', form }) };
    const response = await visitor.context.request.fetch(location, init);
    location = new URL(response.headers()['location'] ?? '', location).href;
  }
  return location;
}
const FORM = { username: 'alice', password: 'any', decision: 'continue' };

describe('A1: a callback URL that is opened in another browser', () => {
  async function isRefusedElsewhere(callback: string): Promise<void> {
    const before = tokenCalls(stage).length;
    const other = await newVisitor(stage);
    const response = await other.page.goto(callback);
    expect(response?.status()).toBe(400);
    expect(await other.page.getByRole('heading').textContent()).toBe('This login can’t be finished');
    expect(await ours(other.context, 'session')).toEqual([]);
    expect(tokenCalls(stage)).toHaveLength(before);
    await other.context.close();
    // and costs its owner nothing
    await page.goto(callback);
    await sessionState(page, 'authenticated');
    expect(tokenCalls(stage)).toHaveLength(before + 1);
  }

  it('gets a page and exchanges nothing, after a form', async () => {
    await page.goto(`${app}/login?return_to=/orders`);
    await isRefusedElsewhere(await unspentCallback(page.url(), FORM));
  });

  it('gets a page and exchanges nothing, after a silent redirect', async () => {
    await logIn(page, app);
    await isRefusedElsewhere(await unspentCallback(`${app}/login?return_to=/orders`));
  });
});

describe('A10: the same callback URL again', () => {
  it.each(['after a form', 'after a silent redirect'])(
    'goes on to return_to with one token call, %s, in another tab too',
    async how => {
      if (how === 'after a silent redirect') await logIn(page, app);
      const before = tokenCalls(stage).length;
      await page.goto(`${app}/login?return_to=/orders?tab=2`);
      if (how === 'after a form') await signIn(page);
      await sessionState(page, 'authenticated');
      const callback = (await visitor.traffic.settled()).urls.findLast(url => url.startsWith(`${app}/callback`)) ?? '';
      const cookie = await sessionCookie();
      for (const tab of [page, await visitor.context.newPage()]) {
        await tab.goto(callback);
        await sessionState(tab, 'authenticated');
        await tab.reload();
        await sessionState(tab, 'authenticated');
        expect(tab.url()).toBe(`${app}/orders?tab=2`);
      }
      expect(tokenCalls(stage)).toHaveLength(before + 1);
      expect(await sessionCookie()).toBe(cookie);
    },
  );
});

describe('B21: a login over a session', () => {
  const replaced = () => stage.parlour.events('session_ended').filter(({ reason }) => reason === 'replaced').length;

  it('gives a new id and ends the old session, though its Strict cookie doesn’t come along after a form', async () => {
    await logIn(page, app);
    const [old, before] = [await sessionCookie(), replaced()];
    expect(await isAlive(old)).toBe(true);
    await page.goto(`${app}/login?prompt=login`);
    await signIn(page);
    await sessionState(page, 'authenticated');
    const callbacks = (await visitor.traffic.settled()).exchanges.filter(({ url }) =>
      url.startsWith(`${app}/callback`),
    );
    expect(callbacks.at(-1)?.requestHeaders['cookie']).not.toContain(SESSION);
    expect(await sessionCookie()).not.toBe(old);
    expect(await isAlive(old)).toBe(false);
    expect(replaced()).toBe(before + 1);
  });

  it('does the same after a silent redirect, where the cookie does come along', async () => {
    await logIn(page, app);
    const [old, before] = [await sessionCookie(), replaced()];
    await page.evaluate(() => void (location.href = '/login?return_to=/about'));
    await page.waitForURL(`${app}/about`);
    await sessionState(page, 'authenticated');
    const callbacks = (await visitor.traffic.settled()).exchanges.filter(({ url }) =>
      url.startsWith(`${app}/callback`),
    );
    expect(callbacks.at(-1)?.requestHeaders['cookie']).toContain(SESSION);
    expect(await sessionCookie()).not.toBe(old);
    expect(await isAlive(old)).toBe(false);
    expect(replaced()).toBe(before + 1);
  });

  it('B23: that comes back as somebody else ends the old session and says so', async () => {
    await logIn(page, app);
    const old = await sessionCookie();
    await page.goto(`${app}/login?prompt=login`);
    await signIn(page, 'bob');
    // the authorization server asks whether to switch
    await page
      .getByTestId('login-error')
      .or(page.getByRole('button', { name: 'Continue' }))
      .first()
      .waitFor();
    if (page.url().startsWith(stage.as.url)) await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByTestId('login-error').textContent()).toContain('Somebody else logged in');
    await sessionState(page, 'anonymous');
    expect(await isAlive(old)).toBe(false);
  });
});

describe('attempts side by side', () => {
  it('P11: each of two tabs lands on its own return_to', async () => {
    const other = await visitor.context.newPage();
    await page.goto(`${app}/orders?tab=2`);
    await other.goto(`${app}/about`);
    await page.getByTestId('login').click();
    await other.getByTestId('login').click();
    await other.getByLabel('User name').waitFor();
    await signIn(page);
    await page.waitForURL(`${app}/orders?tab=2`);
    await sessionState(page, 'authenticated');
    await signIn(other);
    await other.waitForURL(`${app}/about`);
    await sessionState(other, 'authenticated');
  });

  it('B21: twenty that were given up leave at most five cookies, all together under 4 kB', async () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const longest = `/orders?${attempt}${String.fromCharCode(97 + attempt).repeat(500)}`.slice(0, 512);
      await visitor.context.request.fetch(`${app}/login?${new URLSearchParams({ return_to: longest })}`, {
        maxRedirects: 0,
      });
    }
    const cookies = await visitor.context.cookies(app);
    expect(cookies.length).toBeGreaterThan(1);
    expect(cookies.length).toBeLessThanOrEqual(5);
    const header = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    expect(header.length).toBeLessThan(4096);
    await logIn(page, app);
  });

  it('one that was pushed out gets a page whose button logs in and leads where it was meant to', async () => {
    await page.goto(`${app}/login?return_to=/orders?tab=2`);
    for (let attempt = 0; attempt < 5; attempt++) {
      await visitor.context.request.fetch(`${app}/login?return_to=/${attempt}`, { maxRedirects: 0 });
    }
    const before = tokenCalls(stage).length;
    await signIn(page);
    await page.waitForURL(`${app}/callback?*`);
    expect(await page.getByRole('heading').textContent()).toBe('This login can’t be finished');
    expect(tokenCalls(stage)).toHaveLength(before);
    await page.getByRole('link', { name: 'Log in again' }).click();
    await page.waitForURL(`${app}/orders?tab=2`);
    await sessionState(page, 'authenticated');
  });

  it('one that takes eleven minutes lands', async () => {
    await page.goto(`${app}/login?return_to=/orders?tab=2`);
    turnClock(11 * 60);
    await signIn(page);
    await page.waitForURL(`${app}/orders?tab=2`);
    await sessionState(page, 'authenticated');
  });
});
