import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newVisitor, signIn, type Stage, startStage } from './support/browser-stage.js';
import { freshViteApp, type FreshApp } from './support/fresh-vite-app.js';
import { freePort } from './support/free-port.js';
import { serveFolder, type Serving } from './support/spa-projects.js';

/** An app fresh from `npm create vite`, with a handful of changed lines, in each of an SPA's three places. */
let port: number;
let vite: number;
let bff: string;
let fresh: FreshApp;
let stage: Stage | undefined;
let serving: Serving | undefined;

beforeAll(async () => {
  [port, vite] = [await freePort(), await freePort()];
  bff = `http://localhost:${port}`;
  fresh = freshViteApp(bff, vite);
});
afterEach(async () => {
  await stage?.close();
  await serving?.close();
  [stage, serving] = [undefined, undefined];
});
afterAll(async () => serving?.close());

async function logsInAndOut(url: string, environment: Record<string, string>): Promise<void> {
  stage = await startStage({ PORT: String(port), ...environment });
  const { page, traffic } = await newVisitor(stage);
  await page.goto(`${url}/some/page`);
  await page.getByRole('button', { name: 'Log in' }).click();
  await signIn(page);
  await page.getByRole('button', { name: 'Log out Alice Abbott' }).waitFor();
  expect(page.url()).toBe(`${url}/some/page`);
  await page.getByRole('button', { name: 'Log out Alice Abbott' }).click();
  await page.waitForURL(/^[^?]*\/$/);
  await page.goto(url);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  expect(stage.api.requests.map(({ url: path }) => path)).toEqual(['/orders']);
  expect(traffic.console.filter(line => /Content.Security.Policy|WebSocket|CORS/.test(line))).toEqual([]);
}

describe('a fresh Vite app with ten changed lines', () => {
  it('has no more of them', () => {
    expect(fresh.changedLines).toBeGreaterThan(5);
    expect(fresh.changedLines).toBeLessThanOrEqual(10);
  });

  it('logs in, calls the API and logs out where the BFF serves its build (SPA_DIR)', async () => {
    await logsInAndOut(bff, { SPA_DIR: await fresh.project.build() });
  });

  it('does so with Vite behind the BFF (SPA_DEV_URL)', async () => {
    serving = await fresh.project.serve(vite);
    await logsInAndOut(bff, { SPA_DEV_URL: serving.url });
  });

  it('does so with Vite in front of the BFF (server.proxy)', async () => {
    serving = await fresh.project.serve(vite);
    await logsInAndOut(serving.url, { PUBLIC_URL: serving.url });
  });

  it('B19: does so from another origin of the same site (ALLOWED_ORIGINS)', async () => {
    serving = await serveFolder(await fresh.project.build({ VITE_BFF_URL: bff }));
    await logsInAndOut(serving.url, { ALLOWED_ORIGINS: serving.url });
  });
});

describe('while Vite isn’t there yet', () => {
  it('the page of SPA_DEV_URL says so, and comes by itself when Vite does', async () => {
    stage = await startStage({ SPA_DEV_URL: `http://localhost:${vite}` });
    const { page } = await newVisitor(stage);
    const response = await page.goto(stage.parlour.url);
    expect(response?.status()).toBe(503);
    expect(await response?.text()).toContain(`Vite doesn't answer at http://localhost:${vite}`);
    serving = await fresh.project.serve(vite);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  });
});
