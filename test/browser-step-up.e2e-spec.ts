import { afterEach, expect, it, jest } from '@jest/globals';
import { logIn, newVisitor, sessionState, signIn, type Stage, startStage } from './support/browser-stage.js';
import { turnClock } from './support/scene.js';

let stage: Stage | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await stage?.close();
});

it('B23: in Chromium, the demo SPA leads to the login that an API wants, and makes the call again when it’s back', async () => {
  stage = await startStage();
  const { page } = await newVisitor(stage);
  await logIn(page, `${stage.parlour.url}/orders?tab=2`);
  turnClock(61);
  await page.getByTestId('call-card').click();
  const banner = page.getByTestId('expired-banner');
  await banner.waitFor();
  expect(await banner.textContent()).toContain('This wants a fresh login');
  await sessionState(page, 'authenticated');
  await page.getByTestId('login-again').click();
  await signIn(page);
  const result = page.locator('[data-testid=api-result][data-ok=true]');
  await result.waitFor();
  expect(await result.textContent()).toContain('4242');
  expect(page.url()).toMatch(/\/orders\?tab=2$/);
  await banner.waitFor({ state: 'detached' });
  expect(stage.api.requests.filter(({ url }) => url === '/card')).toHaveLength(2);
});
