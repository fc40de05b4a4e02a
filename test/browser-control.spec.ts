import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from './support/chromium.js';
import { listen } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';

// If one of these fails, every other browser test may be green for nothing.

const strict = 'strict=1; Secure; HttpOnly; SameSite=Strict; Path=/';
const lax = 'lax=1; Secure; HttpOnly; SameSite=Lax; Path=/';
const seen = [
  'host',
  'cookie',
  'origin',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'sec-fetch-user',
] as const;

let browser: Browser;
let context: BrowserContext;
let server: Server;
let app: string;
let elsewhere: string;
let requests: IncomingMessage[] = [];

const answers: Record<string, RequestListener> = {
  '/set': (_, response) => response.setHeader('set-cookie', [strict, lax]).end('set'),
  '/form': (_, response) =>
    response
      .setHeader('content-type', 'text/html')
      .end(`<form method="post" action="${elsewhere}/submit"><button>Go</button></form><a href="${app}/landing">a</a>`),
  '/submit': (_, response) => response.writeHead(303, { location: `${app}/callback` }).end(),
  '/silent': (_, response) => response.writeHead(303, { location: `${elsewhere}/submit` }).end(),
  '/post-back': (_, response) =>
    response
      .setHeader('content-type', 'text/html')
      .end(`<form method="post" action="${app}/callback"><button>Go</button></form>`),
  '/callback': (_, response) => response.writeHead(303, { location: `${app}/landing` }).end(),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const answer = answers[pathname];
    if (answer === undefined) response.setHeader('content-type', 'text/html').end('<p>A page</p>');
    else answer(request, response);
  });
  const port = await listen(server);
  app = `http://localhost:${port}`;
  elsewhere = `http://127.0.0.1:${port}`;
  browser = await launchBrowser();
});
beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  requests = [];
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

describe('the browser of these tests has its security on', () => {
  it('B10: a cross-site fetch with a custom header is preflighted and blocked', async () => {
    const page = await context.newPage();
    await page.goto(`${elsewhere}/`);
    requests = [];
    const outcome = await page.evaluate(
      url => fetch(url, { headers: { 'x-csrf': '1' }, credentials: 'include' }).then(() => 'sent', String),
      `${app}/api`,
    );
    expect(outcome).toContain('TypeError');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['OPTIONS /api']);
    expect(requests[0]?.headers['access-control-request-headers']).toBe('x-csrf');
  });

  it('B5: a SameSite=Strict cookie is sent to its own site and not with a request that another site starts', async () => {
    const page = await context.newPage();
    await page.goto(`${app}/set`);
    await page.goto(`${app}/landing`);
    expect(requests.at(-1)?.headers.cookie).toBe('strict=1; lax=1');
    await page.goto(`${elsewhere}/form`);
    await page.click('a');
    await page.waitForURL(`${app}/landing`);
    expect(requests.at(-1)?.headers.cookie).toBe('lax=1');
    await page.goto(`${elsewhere}/`);
    await page.evaluate(url => fetch(url, { mode: 'no-cors', credentials: 'include' }), `${app}/image`);
    expect(requests.at(-1)?.headers.cookie).toBeUndefined();
  });

  it('B3: a script sees no HttpOnly cookie', async () => {
    const page = await context.newPage();
    await page.goto(`${app}/set`);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });
});

describe('HttpBrowser sends what Chromium sends', () => {
  const heads = () => requests.map(({ method, url, headers }) => [method, url, ...seen.map(name => headers[name])]);
  const compare = async (inChromium: () => Promise<void>, overHttp: (http: HttpBrowser) => Promise<unknown>) => {
    await inChromium();
    const expected = heads().filter(([, url]) => url !== '/favicon.ico');
    requests = [];
    await overHttp(new HttpBrowser());
    expect(heads()).toEqual(expected);
  };
  const landing = () => `${app}/landing`;

  it('from the address bar, through another site and back', async () => {
    await compare(
      async () => {
        const page = await context.newPage();
        await page.goto(`${app}/set`);
        await page.goto(`${app}/silent`);
      },
      async http => {
        await http.navigate(`${app}/set`);
        await http.navigate(`${app}/silent`);
      },
    );
  });

  it('when a page sends itself through another site and back: the Strict cookie is there', async () => {
    await compare(
      async () => {
        const page = await context.newPage();
        await page.goto(`${app}/set`);
        await page.evaluate(url => void (location.href = url), `${app}/silent`);
        await page.waitForURL(landing());
      },
      async http => {
        await http.navigate(`${app}/set`);
        await http.click(`${app}/silent`); // Playwright evaluates with a user's gesture
      },
    );
    expect(requests.at(-1)?.headers.cookie).toContain('strict=1');
  });

  it('when a form is submitted at another site: the Strict cookie is not there, nor after a reload', async () => {
    await compare(
      async () => {
        const page = await context.newPage();
        await page.goto(`${app}/set`);
        await page.goto(`${elsewhere}/form`);
        await page.click('button');
        await page.waitForURL(landing());
        await page.reload();
      },
      async http => {
        await http.navigate(`${app}/set`);
        await http.navigate(`${elsewhere}/form`);
        await http.submitForm();
        await http.reload();
      },
    );
    expect(requests.at(-1)?.headers.cookie).toBe('lax=1');
  });

  it('when another site posts a form to us: neither cookie is there until the redirect', async () => {
    await compare(
      async () => {
        const page = await context.newPage();
        await page.goto(`${app}/set`);
        await page.goto(`${elsewhere}/post-back`);
        await page.click('button');
        await page.waitForURL(landing());
      },
      async http => {
        await http.navigate(`${app}/set`);
        await http.navigate(`${elsewhere}/post-back`);
        await http.submitForm();
      },
    );
  });

  it('when a script fetches, here and elsewhere', async () => {
    const calls = [
      ['/a', 'GET', 'same-origin'],
      ['/b', 'POST', 'same-origin'],
      ['/c', 'GET', 'omit'],
    ] as const;
    await compare(
      async () => {
        const page = await context.newPage();
        await page.goto(`${app}/set`);
        for (const [path, method, credentials] of calls) {
          await page.evaluate(([url, init]) => fetch(url, init), [path, { method, credentials }] as const);
        }
        await page.evaluate(url => fetch(url).catch(() => undefined), `${elsewhere}/d`);
      },
      async http => {
        await http.navigate(`${app}/set`);
        for (const [path, method, credentials] of calls) await http.fetch(path, { method, credentials });
        await http.fetch(`${elsewhere}/d`);
      },
    );
  });
});
