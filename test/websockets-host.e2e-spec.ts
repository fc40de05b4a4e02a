import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { BffModule } from '../src/bff/index.js';
import { type Host, startHost, surroundings, type Surroundings } from './support/host.js';
import { HttpBrowser } from './support/http-browser.js';
import { script } from './support/scene.js';
import { closeWebSockets, echoed, openWebSocket, refusal } from './support/web-socket.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

let around: Surroundings;
let host: Host;
let api: WebSocketApi;
let gateway: WebSocketServer;
let browser: HttpBrowser;

beforeAll(async () => {
  api = await startWebSocketApi();
  around = await surroundings({ apiRoutes: [{ path: '/api', upstream: api.url, webSocket: true }] });
  host = await startHost(around, BffModule.forRoot({ ...around.options, pathPrefix: '/bff' }), []);
  // as Nest's own adapter for ws does, it ends each upgrade that isn't its own
  gateway = new WebSocketServer({ server: host.app.getHttpServer(), path: '/gateway' });
  gateway.on('connection', socket => socket.on('message', () => socket.send('gateway')));
  browser = new HttpBrowser();
  await browser.navigate(`${host.url}/bff/login`);
});
afterAll(async () => {
  await host.close();
  await api.close();
  await around.hostile.close();
});
beforeEach(() => {
  api.handshakes = [];
});
afterEach(() => closeWebSockets());

describe('a host’s application with WebSockets of its own', () => {
  it('has its own gateway at its own path, and the API’s behind the BFF’s checks under the prefix', async () => {
    const own = await openWebSocket({ url: `${host.url}/gateway`, origin: 'https://elsewhere.example' });
    expect(await echoed(own, 'x')).toBe('gateway');
    const proxied = await openWebSocket({ url: `${host.url}/bff/api/x`, browser });
    expect(await echoed(proxied, 'x')).toBe('x');
    expect([...gateway.clients].length).toBe(1);
  });

  it('B10, B15: never sees what is the proxy’s, and the proxy nothing that is the host’s', async () => {
    const refused = await refusal({ url: `${host.url}/bff/api/x` });
    expect(refused.code).toBe('not_authenticated');
    for (const path of ['/api/x', '/bff/apis', '/elsewhere']) {
      expect(await refusal({ url: host.url + path, browser })).toMatchObject({ status: 400, code: undefined });
    }
    expect(api.handshakes).toEqual([]);
    expect((await script(browser, `${host.url}/bff/session`)).status).toBe(200);
  });
});
