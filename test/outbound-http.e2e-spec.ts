import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type Certificate, selfSigned } from './support/certificates.js';
import { listen, startHostileAuthorizationServer, type Hostile } from './support/hostile-authorization-server.js';
import { type Proxy, startProxy } from './support/outbound-servers.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { loggedIn, script } from './support/scene.js';

/** An API that would rather speak HTTP/2. */
let api: Http2SecureServer;
let port: number;
let spoken: string[];
let certificate: Certificate;
let hostile: Hostile;
let proxy: Proxy;
let parlour: Parlour | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  certificate = await selfSigned('localhost', 'api.test');
  api = createSecureServer({ cert: certificate.cert, key: certificate.key, allowHTTP1: true }, (request, response) => {
    spoken.push(request.httpVersion);
    response.end('{}');
  });
  port = await listen(api);
  proxy = await startProxy({ 'api.test': port });
});
beforeEach(() => {
  spoken = [];
});
afterEach(() => parlour?.close());
afterAll(async () => {
  await Promise.all([hostile.close(), proxy.close()]);
  await new Promise(resolve => api.close(resolve));
});

describe('a server that offers HTTP/2', () => {
  it.each([
    ['directly', () => ({ API_ROUTES: `/api=https://localhost:${port}` })],
    ['by HTTPS_PROXY', () => ({ API_ROUTES: '/api=https://api.test', HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })],
  ])('S1: is spoken to in HTTP/1.1, so that none of its frames can end the process: %s', async (_how, environment) => {
    parlour = await startParlour(hostile.issuer, { ...environment(), CA_FILE: certificate.certFile });
    const browser = await loggedIn(parlour.url);
    expect((await script(browser, `${parlour.url}/api/orders`)).status).toBe(200);
    expect(spoken).toEqual(['1.1']);
  });
});
