import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { logIn, type Stage, startStage } from './support/browser-stage.js';
import { temporaryDirectory, until } from './support/parlour.js';
import { type RecordingApi, startRecordingApi } from './support/scene.js';

// What the app's own page gets of a navigable route in a real browser, under the Content-Security-Policy that a built SPA is served with.

const PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

let stage: Stage;
let api: RecordingApi;
let page: Page;

beforeAll(async () => {
  api = await startRecordingApi();
  const CONFIG_FILE = join(temporaryDirectory(), 'parlour.json');
  writeFileSync(
    CONFIG_FILE,
    JSON.stringify({ apiRoutes: [{ path: '/api/files', upstream: api.url, navigable: true }] }),
  );
  stage = await startStage({ API_ROUTES: '', CONFIG_FILE });
  page = await (await stage.browser.newContext()).newPage();
  await logIn(page, stage.parlour.url);
});
afterAll(async () => {
  await stage?.close();
  await api?.close();
});
beforeEach(() => {
  api.requests = [];
  api.reply = ({ url = '' }, response) => {
    response.setHeader('Cache-Control', 'max-age=600');
    if (url.endsWith('.js')) response.setHeader('Content-Type', 'text/javascript').end('window.ran = true;');
    else response.setHeader('Content-Type', 'image/svg+xml').end(PIXEL);
  };
});

const arrived = () => api.requests.map(({ url }) => url);

/** Puts the element into the page, and tells what came of it. */
const put = (name: 'img' | 'script' | 'link', src: string) =>
  page.evaluate(
    ([tag, url]) =>
      new Promise<string>(resolve => {
        const element: HTMLElement = document.createElement(tag);
        const where = tag === 'link' ? { href: url, rel: 'stylesheet' } : { src: url };
        const done = { onload: () => resolve('loaded'), onerror: () => resolve('failed') };
        document.body.append(Object.assign(element, where, done));
      }),
    [name, src] as const,
  );
const ran = () => page.evaluate(() => 'ran' in window);

/** Follows a link of the app's page. */
const follow = (href: string, how: { download?: string; target?: string }) =>
  page.evaluate(([url, more]) => Object.assign(document.createElement('a'), { href: url }, more).click(), [
    href,
    how,
  ] as const);

it('B12: in Chromium, the app’s page shows an image, opens a tab and saves a file', async () => {
  expect(await put('img', '/api/files/shown.svg')).toBe('loaded');
  const opened = page.context().waitForEvent('page');
  await follow('/api/files/tab.svg', { target: '_blank' });
  await (await opened).close();
  const download = page.waitForEvent('download');
  await follow('/api/files/saved.svg', { download: 'saved.svg' });
  await (await download).delete();
  await until('all have arrived', () => arrived().length === 3);
  expect(arrived()).toEqual(['/shown.svg', '/tab.svg', '/saved.svg']);
});

it('B25: in Chromium, neither a script nor a style sheet of the API’s runs in the app’s page, while the app’s own do', async () => {
  const own = await page.locator('script[src]').first().getAttribute('src');
  expect(await put('script', own ?? 'the page has none')).toBe('loaded');
  expect(await put('script', '/api/files/evil.js')).toBe('failed');
  expect(await put('link', '/api/files/evil.js')).toBe('failed');
  expect([await ran(), arrived()]).toEqual([false, []]);
});

it('B25: in Chromium, what an image left in the cache doesn’t run either', async () => {
  await put('img', '/api/files/kept.js');
  expect(await put('script', '/api/files/kept.js')).toBe('failed');
  expect([await ran(), arrived()]).toEqual([false, ['/kept.js']]);
});
