import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { logIn, newVisitor, sessionState, type Stage, startStage } from './support/browser-stage.js';
import { until } from './support/parlour.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

async function openStreams(): Promise<number> {
  const metrics = await (await fetch(`${stage.parlour.managementUrl}/metrics`)).text();
  return Number(/^parlour_event_streams\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

describe('in Chromium, several tabs of the demo SPA', () => {
  it('L10: hear of a logout in one of them at once, each with its reason, over one stream', async () => {
    const { context, page } = await newVisitor(stage);
    await page.goto(stage.parlour.url);
    await logIn(page, `${stage.parlour.url}/`);
    const others = [await context.newPage(), await context.newPage()];
    for (const tab of others) {
      await tab.goto(`${stage.parlour.url}/orders`);
      await sessionState(tab, 'authenticated');
    }
    await until('a tab holds the stream', async () => (await openStreams()) === 1);
    await page.getByTestId('logout').click();
    for (const tab of others) {
      await sessionState(tab, 'ended');
      await tab.getByText('Your session has ended: you logged out').waitFor();
    }
    await until('no stream is left', async () => (await openStreams()) === 0);
    await context.close();
  });

  it('L8, L10: hear of a logout at the authorization server, and nobody else’s do', async () => {
    const [here, elsewhere] = [await newVisitor(stage), await newVisitor(stage)];
    for (const { page } of [here, elsewhere]) await logIn(page, `${stage.parlour.url}/`);
    const other = await here.context.newPage();
    await other.goto(`${stage.parlour.url}/orders`);
    await sessionState(other, 'authenticated');
    await until('both hold a stream', async () => (await openStreams()) === 2);
    const there = await here.context.newPage();
    await there.goto(`${stage.as.url}/session/end`);
    await there.getByRole('button', { name: 'Sign out' }).click();
    for (const tab of [here.page, other]) {
      await sessionState(tab, 'ended');
      await tab.getByText('Your session has ended: you logged out at the login service').waitFor();
    }
    await elsewhere.page.getByTestId('call-orders').click();
    await elsewhere.page.locator('[data-testid=api-result][data-ok=true]').waitFor();
    await sessionState(elsewhere.page, 'authenticated');
    for (const { context } of [here, elsewhere]) await context.close();
  });

  it('L10: ten tabs over HTTP/1.1 all work, and when the one that holds the stream is closed another one does', async () => {
    const { context, page } = await newVisitor(stage);
    await page.goto(stage.parlour.url);
    await logIn(page, `${stage.parlour.url}/`);
    const tabs = [page];
    while (tabs.length < 10) tabs.push(await context.newPage());
    for (const tab of tabs) {
      await tab.goto(`${stage.parlour.url}/orders`);
      await sessionState(tab, 'authenticated');
      await tab.getByTestId('call-orders').click();
      await tab.locator('[data-testid=api-result][data-ok=true]').waitFor();
    }
    await until('one tab holds the stream', async () => (await openStreams()) === 1);
    await page.close();
    await until('another tab holds the stream', async () => (await openStreams()) === 1);
    await tabs[9]?.getByTestId('logout').click();
    for (const tab of tabs.slice(1, 9)) await sessionState(tab, 'ended');
    await context.close();
  });
});
