import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newVisitor, sessionState, signIn, type Stage, startStage, type Visitor } from './support/browser-stage.js';
import { freePort } from './support/free-port.js';
import { copyOfTheDemo, type Project, serveFolder, type Serving } from './support/spa-projects.js';

/** The demo SPA where the BFF doesn't serve its build: behind Vite, in front of Vite, and on another origin of the same site. */
let stage: Stage | undefined;
let serving: Serving | undefined;
afterEach(async () => {
  await stage?.close();
  await serving?.close();
});

async function visit(url: string, environment: Record<string, string>): Promise<Visitor> {
  stage = await startStage(environment);
  const visitor = await newVisitor(stage);
  await visitor.page.goto(`${url}/orders?tab=1`);
  await visitor.page.getByTestId('login').click();
  await signIn(visitor.page);
  await sessionState(visitor.page, 'authenticated');
  expect(visitor.page.url()).toBe(`${url}/orders?tab=1`);
  await visitor.page.getByTestId('call-orders').click();
  await visitor.page.getByRole('cell', { name: 'Earl Grey, loose leaf' }).waitFor();
  return visitor;
}

async function leave({ page, traffic }: Visitor, app: string): Promise<void> {
  await page.getByTestId('logout').click();
  await page.waitForURL(/^[^?]*\/$/);
  await page.goto(app);
  await sessionState(page, 'anonymous');
  expect(traffic.console.filter(line => /Content.Security.Policy|WebSocket|CORS/.test(line))).toEqual([]);
}

/** The page shows a change of its source, and is still the same page. */
async function hotReloads({ page }: Visitor, project: Project): Promise<void> {
  await page.evaluate(() => void Object.assign(window, { samePage: true }));
  const header = readFileSync(join(project.root, 'src/header.tsx'), 'utf8');
  project.write('src/header.tsx', header.replace('Parlour demo', 'Changed while you look'));
  await page.getByText('Changed while you look').waitFor();
  expect(await page.evaluate(() => 'samePage' in window)).toBe(true);
}

describe('the demo SPA, in Chromium, logs in, calls the API and logs out', () => {
  it('with Vite behind the BFF (SPA_DEV_URL): the hot-reload socket goes straight to Vite', async () => {
    const project = copyOfTheDemo();
    const [port, vite] = [await freePort(), await freePort()];
    serving = await project.serve(vite);
    const app = `http://localhost:${port}`;
    const visitor = await visit(app, { PORT: String(port), SPA_DEV_URL: serving.url });
    await hotReloads(visitor, project);
    const sockets = visitor.traffic.streams.map(({ url }) => new URL(url)).filter(({ protocol }) => protocol === 'ws:');
    expect(new Set(sockets.map(({ host }) => host))).toEqual(new Set([`localhost:${vite}`]));
    await leave(visitor, app);
  });

  it('with Vite in front of the BFF (server.proxy): PUBLIC_URL is Vite’s origin', async () => {
    const project = copyOfTheDemo();
    const [port, vite] = [await freePort(), await freePort()];
    serving = await project.serve(vite, { VITE_PROXY_BFF: `http://localhost:${port}` });
    const visitor = await visit(serving.url, { PORT: String(port), PUBLIC_URL: serving.url });
    await hotReloads(visitor, project);
    await leave(visitor, serving.url);
  });

  it('B19: from another origin of the same site (ALLOWED_ORIGINS), with credentials', async () => {
    const port = await freePort();
    const bff = `http://localhost:${port}`;
    serving = await serveFolder(await copyOfTheDemo().build({ VITE_BFF_URL: bff }));
    const visitor = await visit(serving.url, { PORT: String(port), ALLOWED_ORIGINS: serving.url });
    await leave(visitor, serving.url);
  });
});
