import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import type { LookupFunction } from 'node:net';
import { type RecordingApi, startApi } from './api-proxy-application.js';
import { type Certificate, selfSigned } from './support/certificates.js';
import { freePort } from './support/free-port.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { startNginxWith } from './support/nginx.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { cookieHeader, script } from './support/scene.js';
import { closed, closeWebSockets, echoed, openWebSocket } from './support/web-socket.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

const MIB = 1024 * 1024;

let authorizationServer: Hostile;
let api: RecordingApi;
let sockets: WebSocketApi;
let parlour: Parlour;
let nginx: { close(): Promise<void> };
let certificate: Certificate;
let app: string;
let browser: HttpBrowser;
/** Connections that nginx has made to Parlour. */
let connections = 0;

/** The configuration as docs/deployment.md prints it, at other places. */
function documented(places: Record<string, string>): string {
  const [, block = ''] = /```nginx\n(.*?)```/s.exec(readFileSync('docs/deployment.md', 'utf8')) ?? [];
  return Object.entries(places).reduce((configuration, [there, here]) => {
    expect([there, configuration.split(there).length]).toEqual([there, 2]);
    return configuration.replace(there, () => here);
  }, block);
}

beforeAll(async () => {
  authorizationServer = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  [api, sockets, certificate] = await Promise.all([startApi(), startWebSocketApi(), selfSigned('app.test')]);
  const [port, upstream] = [await freePort(), await freePort()];
  app = `https://app.test:${port}`;
  const apiRoutes = [
    { path: '/api', upstream: api.origin },
    { path: '/api/live', upstream: sockets.url, webSocket: true },
  ];
  const environment = { PORT: String(upstream), PUBLIC_URL: app, TRUSTED_PROXIES: '127.0.0.1' };
  parlour = await startParlour(authorizationServer.issuer, environment, { apiRoutes });
  parlour.server.app.getHttpServer().on('connection', () => connections++);
  const places = {
    'server 127.0.0.1:3000;': `server 127.0.0.1:${upstream};`,
    'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
    'server_name app.example.org;': 'server_name app.test;',
    '/etc/ssl/app.example.org.pem;': `${certificate.certFile};`,
    '/etc/ssl/app.example.org.key;': `${certificate.keyFile};`,
  };
  nginx = await startNginxWith(port, documented(places));
  browser = new HttpBrowser({ hosts: { 'app.test': '127.0.0.1' }, ca: certificate.cert });
  await browser.navigate(`${app}/login`);
});
afterAll(async () => {
  closeWebSockets();
  await nginx.close();
  await parlour.close();
  for (const one of [authorizationServer, api, sockets]) await one.close();
});

const headers = { 'X-CSRF': '1' };
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** As /etc/hosts would have it. */
const lookup: LookupFunction = (_name, { all }, done) =>
  all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

function overHttp2(): ClientHttp2Session {
  const { port } = new URL(app);
  return connectHttp2(app, { ca: certificate.cert, servername: 'app.test', host: '127.0.0.1', port: Number(port) });
}

describe('nginx as docs/deployment.md configures it', () => {
  it('B20 B29: a login works, the client’s address counts, and 20 calls need one connection to Parlour', async () => {
    api.reset();
    await script(browser, `${app}/api/first`);
    const before = connections;
    for (let call = 0; call < 20; call++) expect((await script(browser, `${app}/api/${call}`)).status).toBe(200);
    expect(connections - before).toBeLessThanOrEqual(1);
    expect(api.arrived[0]?.headers['forwarded']).toBe(`for=127.0.0.1;host="${new URL(app).host}";proto=https`);
  });

  it('B14: a target arrives as it was sent, so that Parlour can refuse it', async () => {
    for (const path of ['/api//x', '/api/a%2fb', '/api/%252e%252e/x']) {
      const answer = await script(browser, app + path);
      expect([path, answer.status, answer.json()['code']]).toEqual([path, 400, 'api_path_refused']);
    }
  });

  it('ten event streams at once pass over one HTTP/2 connection, each event as it comes', async () => {
    const responses: ServerResponse[] = [];
    api.reset();
    api.reply = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: first\n\n');
      responses.push(response);
    };
    const client = overHttp2();
    const cookie = cookieHeader(browser, app);
    const streams = Array.from({ length: 10 }, (_, at) =>
      client.request({ ':path': `/api/events/${at}`, ':authority': new URL(app).host, cookie, 'x-csrf': '1' }),
    );
    const firsts = await Promise.all(streams.map(async stream => String((await once(stream, 'data'))[0])));
    expect(firsts).toEqual(streams.map(() => 'data: first\n\n'));
    const seconds = streams.map(async stream => String((await once(stream, 'data'))[0]));
    for (const response of responses) response.write('data: second\n\n');
    expect(await Promise.all(seconds)).toEqual(streams.map(() => 'data: second\n\n'));
    for (const response of responses) response.end();
    client.destroy();
  });

  it('20 MB go up and come down whole, and nginx neither refuses nor keeps them', async () => {
    const bytes = randomBytes(20 * MIB);
    api.reset();
    api.takeOver = async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.setHeader('X-Digest', digest(Buffer.concat(chunks))).end(bytes);
    };
    const stream = await browser.stream(`${app}/api/files`, { method: 'POST', page: `${app}/`, headers, body: bytes });
    const down: Buffer[] = [];
    for await (const chunk of stream) down.push(chunk as Buffer);
    expect([stream.statusCode, stream.headers['x-digest']]).toEqual([200, digest(bytes)]);
    expect(digest(Buffer.concat(down))).toBe(digest(bytes));
  });

  it('an answer with a long header passes', async () => {
    api.reset();
    api.reply = (_request, response) => response.setHeader('X-Long', 'x'.repeat(12_000)).end('{}');
    const answer = await script(browser, `${app}/api/long`);
    expect([answer.status, answer.headers['x-long']?.length]).toEqual([200, 12_000]);
  });

  it('L10: a WebSocket opens, echoes, and closes with the session', async () => {
    const own = browser.clone();
    await own.navigate(`${app}/login`);
    const network = { ca: certificate.cert, lookup };
    const socket = await openWebSocket({ url: `${app}/api/live/prices`, browser: own, ...network });
    expect(await echoed(socket, 'tea?')).toBe('tea?');
    const end = closed(socket);
    await script(own, `${app}/logout`, { method: 'POST' });
    expect(await end).toEqual([3000, 'session_ended']);
  });
});
