import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { logIn, newVisitor, type Stage, startStage, type Visitor } from './support/browser-stage.js';
import { listen } from './support/hostile-authorization-server.js';
import { temporaryDirectory } from './support/parlour.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

// What a browser's own WebSocket says and hears, in the app's page and in somebody else's.

let stage: Stage;
let api: WebSocketApi;
let visitor: Visitor;
let server: Server;
let port: number;

beforeAll(async () => {
  api = await startWebSocketApi();
  const CONFIG_FILE = join(temporaryDirectory(), 'parlour.json');
  writeFileSync(CONFIG_FILE, JSON.stringify({ apiRoutes: [{ path: '/api', upstream: api.url, webSocket: true }] }));
  stage = await startStage({ API_ROUTES: '', CONFIG_FILE });
  server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title>');
  });
  port = await listen(server);
  visitor = await newVisitor(stage);
  await logIn(visitor.page, stage.parlour.url);
});
afterAll(async () => {
  await stage?.close();
  await api?.close();
  server?.close();
});
beforeEach(() => {
  api.handshakes = [];
});

/** Opens one in that page, says hello, and tells what came of it. */
const begun = (page: Page) =>
  page.evaluate(
    url =>
      new Promise<string>(resolve => {
        const socket = new WebSocket(url, ['chat']);
        const closed = new Promise<string>(done => {
          socket.addEventListener('close', ({ code, reason }) => done(`${code} ${reason}`));
        });
        Object.assign(window, { socketClosed: closed });
        socket.addEventListener('open', () => socket.send('hello'));
        socket.addEventListener('message', ({ data }) => resolve(`${socket.protocol} ${data}`));
        void closed.then(resolve);
      }),
    `${stage.parlour.url.replace(/^http/, 'ws')}/api/live`,
  );

describe('a WebSocket of a real browser', () => {
  it.each([
    ['another site', () => `http://127.0.0.1:${port}/`],
    ['another origin of the same site, to which even Strict cookies go', () => `http://localhost:${port}/`],
  ])('B10: is refused to a page on %s', async (_where, elsewhere) => {
    const evil = await visitor.context.newPage();
    await evil.goto(elsewhere());
    expect(await begun(evil)).toBe('1006 ');
    expect(api.handshakes).toEqual([]);
    expect(stage.parlour.events('request_refused').at(-1)).toMatchObject({ code: 'cross_site_request' });
    await evil.close();
  });

  it('L10: opens in the app’s page, and hears why it’s closed when another tab logs out', async () => {
    const { page, context } = visitor;
    expect(await begun(page)).toBe('chat hello');
    const [{ headers } = { headers: {} }] = api.handshakes;
    expect(headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer /),
      'sec-websocket-protocol': 'chat',
    });
    const other = await context.newPage();
    await other.goto(stage.parlour.url);
    await other.evaluate(() => fetch('/logout', { method: 'POST', headers: { 'X-CSRF': '1' } }));
    expect(await page.evaluate(() => Reflect.get(window, 'socketClosed'))).toBe('3000 session_ended');
  });
});
