import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser, recordTraffic, scanForSecrets, type Needle } from '../chromium.js';
import { listen } from '../hostile-authorization-server.js';

const needle: Needle = { kind: 'planted', value: 'needle/with+odd=chars:???>>>~~~???' };

let browser: Browser;
let context: BrowserContext;
let server: Server;
let app: string;
let planted = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${needle.value}\n\n`);
    } else if (pathname === '/needles') {
      response.setHeader('x-planted', planted).setHeader('content-type', 'text/plain').end(`<${planted}>`);
    } else response.setHeader('content-type', 'text/html').end('<p>A page</p>');
  });
  app = `http://localhost:${await listen(server)}`;
  browser = await launchBrowser();
});
beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

describe('B16: the scan finds a planted needle', () => {
  const { value } = needle;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const plantings: [string, string, string][] = [
    ['raw', 'raw', value],
    ['percent-encoded', 'percent', encodeURIComponent(value)],
    ['percent-encoded in lower case', 'percent', encodeURIComponent(value).toLowerCase()],
    ['percent-encoded twice', 'percent', encodeURIComponent(encodeURIComponent(value))],
    ['in base64', 'base64', base64(value)],
    ['in base64, one byte in', 'base64', base64(`a${value}z`)],
    ['in base64, two bytes in', 'base64', base64(`ab${value}z`)],
    ['in base64url', 'base64url', Buffer.from(value).toString('base64url')],
    ['in base64url, one byte in', 'base64url', Buffer.from(`\u00ff${value}`).toString('base64url')],
  ];

  it.each(plantings)('%s, wherever it stands', async (_name, encoding, encoded) => {
    planted = encoded;
    const page = await context.newPage();
    const traffic = await recordTraffic(context);
    await page.goto(`${app}/needles?x=${planted}`);
    await page.evaluate(text => console.log(text), planted);
    await page.evaluate(
      text => fetch('/sink', { method: 'POST', body: text, headers: { 'x-planted': text } }),
      planted,
    );
    await page.evaluate(text => localStorage.setItem('planted', text), planted);
    await (await traffic.settled()).inspect(page);
    const hits = scanForSecrets(traffic, [needle]);
    const places = [
      'address bar',
      'request URL',
      'request headers',
      'request body',
      'response headers',
      'response body',
      'console',
      'page',
    ];
    expect([...new Set(hits.map(({ place }) => place))].toSorted()).toEqual(places.toSorted());
    expect(hits.filter(({ place }) => place === 'response body').map(hit => hit.encoding)).toEqual([encoding]);
    expect(traffic.unread).toEqual([]);
  });

  it('in an event stream that is still open', async () => {
    const page = await context.newPage();
    const traffic = await recordTraffic(context);
    await page.goto(`${app}/`);
    await page.evaluate(async () => {
      const response = await fetch('/events');
      await response.body?.getReader().read();
    });
    expect(scanForSecrets(await traffic.settled(), [needle]).map(({ place }) => place)).toEqual(['stream']);
  });

  it('and nothing where nothing is', async () => {
    const page = await context.newPage();
    const traffic = await recordTraffic(context);
    await page.goto(`${app}/`);
    expect(scanForSecrets(await traffic.settled(), [needle])).toEqual([]);
    expect(traffic.urls).toContain(`${app}/`);
  });
});
