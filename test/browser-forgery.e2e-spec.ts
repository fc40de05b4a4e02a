import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { logIn, newVisitor, sessionState, type Stage, startStage, type Visitor } from './support/browser-stage.js';
import { listen } from './support/hostile-authorization-server.js';
import { until } from './support/parlour.js';

// The pages of somebody else: on another site, and on another origin of our own site, whose requests carry even Strict cookies.

let stage: Stage;
let app: string;
let visitor: Visitor;
let evil: Page;
let server: Server;
let port: number;

beforeAll(async () => {
  stage = await startStage();
  app = stage.parlour.url;
  server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title><p>Elsewhere</p>');
  });
  port = await listen(server);
  visitor = await newVisitor(stage);
  await logIn(visitor.page, app);
  evil = await visitor.context.newPage();
});
afterAll(async () => {
  await stage?.close();
  server?.close();
});

/** Everything that a forged request could have moved. */
const moved = () => ({
  api: stage.api.requests.length,
  authorizationServer: stage.as.requests.length,
  logins: stage.parlour.events('login_started').length,
  ended: stage.parlour.events('session_ended').length,
});

/** The refusals since the last look: each forged request has to have arrived. */
let looked = 0;
function refusals(): string[] {
  const all = stage.parlour.events('request_refused');
  const fresh = all.slice(looked).map(({ code, method, path }) => [method, path, code].join(' '));
  looked = all.length;
  return fresh.toSorted();
}

async function postForm(url: string): Promise<void> {
  await evil.evaluate(action => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action });
    document.body.append(form);
    form.submit();
  }, url);
  await evil.waitForURL(url);
}

interface Forged {
  mode?: 'no-cors';
  credentials: 'include';
  method: string;
  headers?: Record<string, string>;
}
const request = (url: string, init: Forged) =>
  evil.evaluate(([to, how]) => fetch(to, how).then(({ type }) => type, String), [url, init] as const);

const embed = (element: 'img' | 'script' | 'iframe', src: string) =>
  evil.evaluate(
    ([name, url]) =>
      new Promise<void>(resolve => {
        const loaded = () => resolve();
        const embedded: HTMLElement = document.createElement(name);
        document.body.append(Object.assign(embedded, { src: url, onload: loaded, onerror: loaded }));
      }),
    [element, src] as const,
  );

describe.each([
  ['another site', () => `http://127.0.0.1:${port}/`],
  ['another origin of the same site', () => `http://localhost:${port}/`],
])('a page on %s, in the browser of somebody who is logged in,', (_where, elsewhere) => {
  let before: ReturnType<typeof moved>;
  beforeEach(async () => {
    await evil.goto(elsewhere());
    before = moved();
    refusals();
  });
  const nothingMoved = async () => {
    expect(moved()).toEqual(before);
    await visitor.page.reload();
    await sessionState(visitor.page, 'authenticated');
  };

  it('B10: can post no form to the API, the logout or the login', async () => {
    for (const path of ['/api/orders', '/logout', '/login', '/session']) {
      await postForm(app + path);
      await evil.goto(elsewhere());
    }
    expect(refusals()).toEqual([
      'POST /api/orders cross_site_request',
      'POST /login method_not_allowed',
      'POST /logout cross_site_request',
      'POST /session method_not_allowed',
    ]);
    await nothingMoved();
  });

  it('B10, B12, L2: gets nowhere with simple fetches that carry every cookie there is', async () => {
    const simple = { mode: 'no-cors', credentials: 'include' } as const;
    for (const [path, method] of [
      ['/api/orders', 'GET'],
      ['/api/orders', 'POST'],
      ['/logout', 'POST'],
      ['/session', 'GET'],
      ['/login', 'GET'],
    ] as const) {
      expect(await request(app + path, { ...simple, method })).toMatch(/opaque|TypeError/);
    }
    expect(refusals()).toEqual([
      'GET /api/orders cross_site_request',
      'GET /login navigation_required',
      'GET /session cross_site_request',
      'POST /api/orders cross_site_request',
      'POST /logout cross_site_request',
    ]);
    await nothingMoved();
  });

  it('B10, B24: gets no further than the preflight with the header', async () => {
    const withHeader = { credentials: 'include', headers: { 'X-CSRF': '1' } } as const;
    for (const [path, method] of [
      ['/api/orders', 'GET'],
      ['/logout', 'POST'],
      ['/login', 'GET'],
    ] as const) {
      expect(await request(app + path, { ...withHeader, method })).toContain('TypeError');
    }
    expect(refusals()).toEqual(Array(3).fill(expect.stringMatching(/^OPTIONS .* cross_site_request$/)));
    await nothingMoved();
  });

  it('B10, F7: can’t start a login, end a session or call the API by an image, a script or a frame', async () => {
    for (const element of ['img', 'script', 'iframe'] as const) {
      for (const path of ['/api/orders', '/login', '/logout/continue']) await embed(element, app + path);
    }
    const three = (line: string) => [line, line, line];
    await until('all have been refused', () => stage.parlour.events('request_refused').length === looked + 9);
    expect(refusals()).toEqual([
      ...three('GET /api/orders cross_site_request'),
      ...three('GET /login navigation_required'),
      ...three('GET /logout/continue navigation_required'),
    ]);
    await nothingMoved();
  });

  it('B21: can’t show the app or one of our pages in a frame', async () => {
    for (const path of ['/', '/orders', '/callback']) await embed('iframe', app + path);
    const frames = () =>
      evil
        .frames()
        .slice(1)
        .map(frame => frame.url());
    await until('Chromium has refused all three', () => frames().every(url => url.startsWith('chrome-error:')));
    expect(frames()).toHaveLength(3);
    await nothingMoved();
  });
});

describe('a navigation that another site starts', () => {
  it('F7: may begin a login that the user sees, but none with prompt=none', async () => {
    await evil.goto(`http://127.0.0.1:${port}/`);
    const before = moved();
    await evil.evaluate(url => void (location.href = url), `${app}/login?prompt=none`);
    await evil.waitForURL(`${app}/login?prompt=none`);
    expect(await evil.getByRole('heading').textContent()).toBe('Cross-site request refused');
    expect(moved()).toEqual(before);
  });
});
