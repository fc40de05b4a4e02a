import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { logIn, newVisitor, sessionState, type Stage, startStage } from './support/browser-stage.js';
import { turnClock } from './support/scene.js';

let stage: Stage | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await stage?.close();
  stage = undefined;
});

async function loggedIn(scope: string): Promise<Page> {
  stage = await startStage({ SCOPE: scope });
  const { page } = await newVisitor(stage);
  await page.goto(`${stage.parlour.url}/orders`);
  await logIn(page, `${stage.parlour.url}/orders?tab=2`);
  return page;
}

async function callsTheApi(page: Page): Promise<void> {
  await page.getByTestId('call-orders').click();
  await page.locator('[data-testid=api-result][data-ok=true]').waitFor();
}

/** The banner's button brings the user back to the same page, and the API answers again. */
async function logsInAgain(page: Page): Promise<void> {
  await page.getByTestId('login-again').click();
  await page.getByTestId('expired-banner').waitFor({ state: 'detached' });
  await sessionState(page, 'authenticated');
  expect(page.url()).toMatch(/\/orders\?tab=2$/);
  await callsTheApi(page);
}

describe('in Chromium, the demo SPA', () => {
  it('B21: says that the session has ended, keeps the page, and offers the way back', async () => {
    const page = await loggedIn('openid profile offline_access orders:read');
    turnClock(8 * 3600 + 1);
    await page.getByTestId('call-orders').click();
    await page.getByTestId('expired-banner').waitFor();
    expect(await page.getByTestId('expired-banner').textContent()).toContain('Your session has ended');
    expect(await page.getByTestId('user-name').textContent()).toBe('Alice Abbott');
    await sessionState(page, 'ended');
    await logsInAgain(page);
  });

  it('hears nothing of an access token that a refresh token renews', async () => {
    const page = await loggedIn('openid profile offline_access orders:read');
    turnClock(301);
    await callsTheApi(page);
    expect(stage?.parlour.events('refresh_completed')).toHaveLength(1);
    await sessionState(page, 'authenticated');
  });

  it('says that access has expired where nothing renews it: the session stays, a login helps', async () => {
    const page = await loggedIn('openid profile orders:read');
    await callsTheApi(page);
    turnClock(301);
    await page.getByTestId('call-orders').click();
    await page.getByTestId('expired-banner').waitFor();
    expect(await page.getByTestId('expired-banner').textContent()).toContain('Your access to the API has expired');
    await sessionState(page, 'authenticated');
    await logsInAgain(page);
  });
});
