import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { Frontends, STORAGE, type Storage } from '../src/bff/index.js';
import { Sessions } from '../src/bff/session/session.js';
import { StorageUnavailable } from '../src/bff/storage/storage.js';
import { logIn, newVisitor, sessionState, type Stage, startStage, violations } from './support/browser-stage.js';
import type { Visitor } from './support/browser-stage.js';
import { turnClock } from './support/scene.js';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
const PAGE = '/your-sessions';

let stage: Stage;
let here: Visitor;
let page: Page;
let visitors: Visitor[] = [];

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());
beforeEach(async () => {
  here = await loggedIn();
  ({ page } = here);
  // those of the tests before
  await page.evaluate(() => fetch('/sessions', { method: 'DELETE', headers: { 'X-CSRF': '1' } }));
  await looksAgain(1);
});
afterEach(async () => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  expect(visitors.flatMap(violations)).toEqual([]);
  for (const { context } of visitors) await context.close();
  visitors = [];
});

async function loggedIn(options: BrowserContextOptions = {}, username = 'alice'): Promise<Visitor> {
  const visitor = await newVisitor(stage, options);
  visitors.push(visitor);
  await logIn(visitor.page, stage.parlour.url + PAGE, username);
  return visitor;
}

const rows = (on: Page) => on.getByTestId('session');
const endOf = (row: Locator) => row.getByTestId('end-session');
const focused = (on: Page) => on.evaluate(() => document.activeElement?.textContent);

async function looksAgain(count: number): Promise<void> {
  await page.getByTestId('list-again').click();
  await rows(page).nth(count).waitFor({ state: 'detached' });
  await rows(page)
    .nth(count - 1)
    .waitFor();
}

describe('in Chromium, the list of the user’s sessions', () => {
  it('B21: says where from, when and with which browser each began, and which is this one', async () => {
    await loggedIn({ userAgent: FIREFOX });
    await loggedIn({}, 'bob');
    await looksAgain(2);
    const [there, own] = [rows(page).first(), rows(page).last()];
    expect(await there.getByRole('rowheader').textContent()).toBe('Firefox on Windows ');
    expect(await own.getByRole('rowheader').textContent()).toBe('Chromium on Linux this one');
    expect(await own.getByRole('cell').first().textContent()).toBe('127.0.0.1');
    const times = await own.locator('time').evaluateAll(all => all.map(time => time.getAttribute('datetime') ?? ''));
    expect(times.map(time => new Date(time).toISOString())).toEqual([times[0], times[1]]);
  });

  it('is led to by the header, opened by its own address, and come back to by a login', async () => {
    expect(new URL(page.url()).pathname).toBe(PAGE);
    await page.goto(stage.parlour.url);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('You are logged in nowhere else.').waitFor();
    expect(await page.getByTestId('end-others').count()).toBe(0);
    expect(await page.title()).toBe('Your sessions · Parlour demo');
  });

  it('S4: shows a hostile User-Agent as no more than an unknown browser', async () => {
    await loggedIn({ userAgent: `<img src=x onerror="document.title='taken'">${'A'.repeat(300)}` });
    await looksAgain(2);
    expect(await rows(page).first().getByRole('rowheader').textContent()).toBe('An unknown browser ');
    expect(await page.locator('img').count()).toBe(0);
  });

  it('S1: says that a hundred aren’t all, and that this one is older', async () => {
    const sessions = stage.parlour.server.app.get(Sessions);
    const [frontend] = stage.parlour.server.app.get(Frontends).all;
    if (frontend === undefined) throw new Error('there’s no frontend');
    for (let count = 0; count < 100; count++) {
      turnClock(1);
      const tokens = { accessToken: 'none', obtainedAt: Date.now() };
      await sessions.start(frontend, `session-${count}`, tokens, { subject: 'alice', user: {} }, Date.now() / 1000);
    }
    await looksAgain(100);
    await page.getByText('There may be older ones, this one among them').waitFor();
    await page.getByTestId('end-others').click();
    await page.getByText('100 other sessions have ended.').waitFor();
    await page.getByText('You are logged in nowhere else.').waitFor();
  });
});

describe('in Chromium, an end that is asked for in the list', () => {
  it('L10: of another session is seen by its open tabs at once, and leaves a keyboard’s focus on the page', async () => {
    const there = await loggedIn({ userAgent: FIREFOX });
    const tab = await there.context.newPage();
    await tab.goto(`${stage.parlour.url}/orders`);
    await sessionState(tab, 'authenticated');
    await looksAgain(2);
    await endOf(rows(page).first()).focus();
    await page.keyboard.press('Enter');
    for (const each of [tab, there.page]) {
      await sessionState(each, 'ended');
      await each.getByText('Your session has ended: you ended it in the list of your sessions').waitFor();
    }
    await page.getByText('Firefox on Windows: logged out.').waitFor();
    await rows(page).nth(1).waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Your sessions');
    await sessionState(page, 'authenticated');
  });

  it('L10: of all others ends these, no other user’s and not this one', async () => {
    const others = [await loggedIn(), await loggedIn()];
    const stranger = await loggedIn({}, 'bob');
    await looksAgain(3);
    await page.getByTestId('end-others').click();
    for (const other of others) await sessionState(other.page, 'ended');
    await page.getByText('2 other sessions have ended.').waitFor();
    await page.getByText('You are logged in nowhere else.').waitFor();
    expect(await focused(page)).toBe('Your sessions');
    await stranger.page.getByTestId('list-again').click();
    await sessionState(stranger.page, 'authenticated');
  });

  it('L10: of this one is a logout in all of its tabs, with the reason, and the list goes', async () => {
    const tab = await here.context.newPage();
    await tab.goto(`${stage.parlour.url}/orders`);
    await sessionState(tab, 'authenticated');
    await endOf(rows(page).first()).click();
    for (const each of [page, tab]) {
      await sessionState(each, 'ended');
      await each.getByText('Your session has ended: you ended it in the list of your sessions').waitFor();
    }
    expect(await rows(page).count()).toBe(0);
    expect(await focused(page)).toBe('Your sessions');
    expect((await here.context.cookies(stage.parlour.url)).map(({ name }) => name)).not.toContain(
      '__Host-Http-session',
    );
    await page.getByTestId('login-again').click();
    await rows(page).first().waitFor();
  });

  it('of a session that somebody else has ended meanwhile says so, and lists again', async () => {
    const there = await loggedIn({ userAgent: FIREFOX });
    await looksAgain(2);
    await there.page.getByTestId('logout').click();
    await sessionState(there.page, 'anonymous');
    await endOf(rows(page).first()).click();
    await page.getByText('Firefox on Windows: that session had ended already.').waitFor();
    await page.getByText('You are logged in nowhere else.').waitFor();
  });
});

describe('in Chromium, a list that can’t be had', () => {
  it('B12: says that it’s refused without the header, and keeps what was there', async () => {
    await page.route('**/sessions', async route => {
      const { 'x-csrf': _header, ...headers } = await route.request().allHeaders();
      await route.continue({ headers });
    });
    await page.getByTestId('list-again').click();
    await page.getByText('403 · csrf_header_missing').waitFor();
    expect(await rows(page).count()).toBe(1);
  });

  it('R6: is asked for again after Retry-After while the storage is away', async () => {
    const away = jest
      .spyOn(stage.parlour.server.app.get<Storage>(STORAGE), 'membersOfSet')
      .mockRejectedValue(new StorageUnavailable('gone'));
    await page.getByTestId('list-again').click();
    await page.getByText('503 · storage_unavailable').waitFor();
    await page.getByText('The list is asked for again in 5 seconds.').waitFor();
    await endOf(rows(page).first()).click();
    await page.getByText('Please try again in 5 seconds.').waitFor();
    away.mockRestore();
    await page.getByTestId('list-again').click();
    await page.getByText('storage_unavailable').waitFor({ state: 'detached' });
  });

  it('comes by itself once the server can be reached again', async () => {
    await page.route('**/sessions', route => route.abort());
    await page.reload();
    await page.getByText('The server cannot be reached').waitFor();
    await page.unroute('**/sessions');
    await rows(page).first().waitFor();
  });
});
