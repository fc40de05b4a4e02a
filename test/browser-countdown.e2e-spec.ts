import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  logIn,
  newVisitor,
  sessionState,
  type Stage,
  startStage,
  violations,
  type Visitor,
} from './support/browser-stage.js';
import { turnClock } from './support/scene.js';

const HOUR = 3600;

let stage: Stage | undefined;
let visitor: Visitor | undefined;
afterEach(async () => {
  jest.useRealTimers();
  expect(visitor && violations(visitor)).toEqual([]);
  await stage?.close();
  stage = undefined;
});

/** Two tabs of one session. */
async function twoTabs(environment: Record<string, string>): Promise<[Page, Page]> {
  stage = await startStage(environment);
  visitor = await newVisitor(stage);
  const { context, page } = visitor;
  await page.clock.install();
  await logIn(page, `${stage.parlour.url}/about`);
  return [page, await tabOf(context.newPage())];
}

async function tabOf(opening: Promise<Page>): Promise<Page> {
  const tab = await opening;
  await tab.goto(`${stage?.parlour.url}/orders`);
  await sessionState(tab, 'authenticated');
  return tab;
}

/** The server's clock goes on, and a second stream, which is nobody's activity, makes it look at the session. */
async function secondsPass(page: Page, seconds: number): Promise<void> {
  turnClock(seconds);
  await page.evaluate(async () => {
    const enough = new AbortController();
    await fetch('/session/events', { headers: { 'X-CSRF': '1' }, signal: enough.signal });
    enough.abort();
  });
}

const banner = (page: Page) => page.getByTestId('expiring-banner');
const gone = (page: Page) => banner(page).waitFor({ state: 'detached' });

async function secondsLeft(page: Page): Promise<number> {
  return Number(await page.getByTestId('seconds-left').getAttribute('data-seconds'));
}

describe('in Chromium, the countdown to a session’s end', () => {
  it('B21: appears in every tab, and goes from every tab when one of them stays logged in', async () => {
    const [page, other] = await twoTabs({ SESSION_IDLE_TIMEOUT: String(HOUR) });
    await secondsPass(page, HOUR - 40);
    for (const tab of [page, other]) {
      await banner(tab).getByText('as you did nothing for a while').waitFor();
      expect(await secondsLeft(tab)).toBeLessThanOrEqual(40);
    }
    await other.getByTestId('stay').focus();
    await other.keyboard.press('Enter');
    for (const tab of [page, other]) await gone(tab);
    expect(await other.evaluate(() => document.activeElement?.localName)).toBe('main');
    await other.getByText('You stay logged in.').waitFor({ state: 'attached' });
    // what would have been the end
    await secondsPass(page, 41);
    await other.getByTestId('call-orders').click();
    await other.locator('[data-testid=api-result][data-ok=true]').waitFor();
  });

  it('is right in a tab that has slept, as it goes by the clock', async () => {
    const [page] = await twoTabs({ SESSION_IDLE_TIMEOUT: String(HOUR) });
    await secondsPass(page, HOUR - 40);
    await banner(page).waitFor();
    expect(await secondsLeft(page)).toBeGreaterThan(10);
    await page.clock.fastForward(30_000);
    expect(await secondsLeft(page)).toBeLessThanOrEqual(10);
    await page.getByText('Your session ends in 10 seconds.').waitFor({ state: 'attached' });
    await page.clock.fastForward(30_000);
    expect(await secondsLeft(page)).toBe(0);
  });

  it('says that staying didn’t work, and goes on counting', async () => {
    const [page] = await twoTabs({ SESSION_IDLE_TIMEOUT: String(HOUR) });
    await secondsPass(page, HOUR - 50);
    await page.route('**/api/**', route => route.abort());
    await page.getByTestId('stay').click();
    await banner(page).getByText('That didn’t work: The server cannot be reached').waitFor();
    await page.unroute('**/api/**');
    await page.getByTestId('stay').click();
    await gone(page);
  });

  it('B21: is shown by a younger tab, too, and offers a login where nothing prolongs the session', async () => {
    const [page, other] = await twoTabs({ SESSION_IDLE_TIMEOUT: String(HOUR), SESSION_ABSOLUTE_TIMEOUT: String(HOUR) });
    await secondsPass(page, HOUR - 50);
    await banner(other).getByText('can’t be prolonged').waitFor();
    const younger = await tabOf(page.context().newPage());
    await banner(younger).getByText('can’t be prolonged').waitFor();
    expect(await younger.getByTestId('stay').count()).toBe(0);
    await younger.getByTestId('login-anew').click();
    await younger.waitForURL(`${stage?.parlour.url}/orders`);
    for (const tab of [page, other, younger]) {
      await gone(tab);
      await sessionState(tab, 'authenticated');
    }
  });

  it('B21: comes to its end where nobody does anything, and says why', async () => {
    const [page, other] = await twoTabs({ SESSION_IDLE_TIMEOUT: '15' });
    for (const tab of [page, other]) await banner(tab).waitFor();
    for (const tab of [page, other]) {
      await tab.getByText('Your session has ended: you did nothing for a while').waitFor();
      await sessionState(tab, 'ended');
      expect(await banner(tab).count()).toBe(0);
    }
  });
});
