import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { text } from 'node:stream/consumers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type LoginStage, PASSWORD, startLoginStage } from './support/authlete-browser.js';
import { launchBrowser } from './support/chromium.js';

let client: ApiStub;
/** Of the client: at localhost, which is another site than 127.0.0.1. */
let site: string;
let stage: LoginStage;
let chromium: Browser;
let context: BrowserContext;
let page: Page;
/** What the client's page consists of. */
let markup = '';
/** Bodies that were posted to the client. */
const posted: string[] = [];

beforeAll(async () => {
  client = await startApiStub((request, response) => {
    void text(request).then(body => {
      if (request.method === 'POST') posted.push(body);
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>Client</title>${markup}`);
    });
  });
  site = client.url.replace('127.0.0.1', 'localhost');
  stage = await startLoginStage({ redirectUri: `${site}/callback` });
  chromium = await launchBrowser();
});
afterAll(async () => {
  await chromium?.close();
  await stage?.close();
  await client?.close();
});
beforeEach(async () => {
  stage.emulator.calls.splice(0);
  posted.splice(0);
  context = await chromium.newContext();
  page = await context.newPage();
});
afterEach(() => context.close());

/** By the link on the client's page. */
async function begin(on: Page = page, parameters: Record<string, string> = {}): Promise<void> {
  markup = `<a href="${stage.url(parameters).replaceAll('&', '&amp;')}">Log in</a>`;
  await on.goto(site);
  await on.getByRole('link', { name: 'Log in' }).click();
}

async function logIn(on: Page = page, username = 'alice', password = PASSWORD): Promise<void> {
  await on.getByLabel('User name').fill(username);
  await on.getByLabel('Password').fill(password);
  await press('Sign in', on);
}

const press = (name: string, on: Page = page) => on.getByRole('button', { name }).click();

/** Waits for the page of this title. */
const shown = (title: string, on: Page = page) => on.getByRole('heading', { level: 1, name: title }).waitFor();
const CONSENT = 'Allow access?';

/** What the client hears. */
async function heard(on: Page = page): Promise<Record<string, string>> {
  await on.waitForURL(`${site}/callback?*`);
  return Object.fromEntries(new URL(on.url()).searchParams);
}

describe('in Chromium, a person', () => {
  it('E9, E10: mistypes, loads the pages again, logs in and agrees', async () => {
    await begin();
    await logIn(page, 'alice', 'a guess');
    expect(await page.getByRole('alert').textContent()).toBe('The user name or the password is wrong.');
    expect(await page.getByLabel('User name').inputValue()).toBe('alice');
    await page.locator('#password:focus').waitFor();
    await page.goto(page.url());
    await page.reload();
    await logIn(page);
    await shown(CONSENT);
    await page.reload();
    expect(await page.getByText('You are signed in as').textContent()).toContain('Alice <i>Abbott</i>');
    await press('Allow');
    expect(await heard()).toEqual({ code: expect.any(String), state: 'a-state', iss: stage.issuer });
  });

  it('E10: denies, on the login page or on the consent page', async () => {
    await begin();
    await press('Cancel');
    expect(await heard()).toMatchObject({ error: 'access_denied' });
    await begin();
    await logIn();
    await press('Deny');
    expect(await heard()).toMatchObject({ error: 'access_denied' });
  });

  it('E10: who goes back after the end, or comes too late, gets that explained', async () => {
    await begin();
    await logIn();
    await press('Allow');
    await heard();
    await page.goBack();
    await shown('This sign-in can’t go on');
    await begin();
    stage.emulator.advance(25 * 60 * 60);
    await press('Allow');
    await shown('This sign-in has expired');
  });

  it('E7: answers in two tabs, and a page that is out of date says so', async () => {
    const second = await context.newPage();
    await begin(page, { state: 'first' });
    await begin(second, { state: 'second' });
    await logIn();
    await shown(CONSENT);
    await logIn(second);
    expect(await second.getByRole('alert').textContent()).toMatch(/^This page was out of date/);
    await press('Allow', second);
    expect(await heard(second)).toMatchObject({ state: 'second', code: expect.any(String) });
    await press('Allow');
    expect(await heard()).toMatchObject({ state: 'first', code: expect.any(String) });
  });

  it('E9: needs no script', async () => {
    const plain = await chromium.newContext({ javaScriptEnabled: false });
    const without = await plain.newPage();
    await begin(without);
    await logIn(without);
    await press('Allow', without);
    expect(await heard(without)).toHaveProperty('code');
    await plain.close();
  });

  it('E9: becomes somebody else, and is known by then also when the client asks by a form', async () => {
    await begin();
    await logIn();
    await press('Use another account');
    await logIn(page, 'bob');
    await press('Allow');
    await heard();
    const fields = [...new URL(stage.url()).searchParams].map(
      ([name, value]) => `<input name="${name}" value="${value}">`,
    );
    markup = `<form method="post" action="${stage.issuer}/as/authorization">${fields.join('')}<button>Log in</button></form>`;
    await page.goto(site);
    await press('Log in');
    expect(await page.getByText('You are signed in as').textContent()).toContain('Bob Brown');
  });

  it('E10: comes back by a form where the client wants one', async () => {
    await begin(page, { response_mode: 'form_post' });
    await logIn();
    await press('Allow');
    await page.waitForURL(`${site}/callback`);
    expect(Object.fromEntries(new URLSearchParams(posted[0]))).toMatchObject({
      state: 'a-state',
      code: expect.any(String),
    });
  });
});

describe('in Chromium, the pages', () => {
  it('E7, E11: keep one cookie for this host, which no script sees, and which a login replaces', async () => {
    await begin();
    const [before, ...more] = await context.cookies(stage.issuer);
    expect(more).toEqual([]);
    expect(before).toMatchObject({
      name: '__Host-Http-authorization-session',
      domain: '127.0.0.1',
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      expires: -1,
    });
    await logIn();
    await shown(CONSENT);
    const [after] = await context.cookies(stage.issuer);
    expect(after?.name).toBe(before?.name);
    expect(after?.value).not.toBe(before?.value);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });

  it('E8: have their style, by its hash, and nothing of them breaks their policy', async () => {
    const complaints: string[] = [];
    page.on('console', message => message.text().includes('Security Policy') && complaints.push(message.text()));
    await begin();
    await logIn();
    await shown(CONSENT);
    expect(await page.locator('main').evaluate(element => getComputedStyle(element).borderRadius)).toBe('12px');
    expect(complaints).toEqual([]);
  });

  it('E8: can’t be framed by the client’s site', async () => {
    await begin();
    await logIn();
    await shown(CONSENT);
    markup = `<iframe src="${page.url()}"></iframe>`;
    const other = await context.newPage();
    const complained = other.waitForEvent('console', message => message.text().includes('frame-ancestors'));
    await other.goto(site);
    await complained;
    expect(other.frames().map(frame => frame.url())).not.toContain(page.url());
  });

  it('E8: take no form from another site’s page, whatever it knows', async () => {
    await begin();
    await logIn();
    await shown(CONSENT);
    const csrf = await page.locator('[name=csrf]').inputValue();
    markup = `<form method="post" action="${page.url()}"><input name="csrf" value="${csrf}"><button name="decision" value="allow">Win</button></form>`;
    const other = await context.newPage();
    await other.goto(site);
    await press('Win', other);
    await shown('Nothing has been done', other);
    expect(stage.ends()).toEqual([]);
    await press('Allow');
    expect(await heard()).toHaveProperty('code');
  });
});
