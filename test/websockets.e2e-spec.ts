import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { newestLogin, post } from './backchannel.js';
import { selfSigned } from './support/certificates.js';
import { logoutToken } from './support/hostile-authorization-server.js';
import { type HttpBrowser, type RawAnswer, rawRequest } from './support/http-browser.js';
import { startProxy, startTlsFront } from './support/outbound-servers.js';
import { temporaryDirectory } from './support/parlour.js';
import { cookieHeader, type Scene, script, SESSION_COOKIE, startScene, turnClock } from './support/scene.js';
import { type Asked, closed, closeWebSockets, echoed, headOf, openWebSocket, refusal } from './support/web-socket.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

let scene: Scene;
let api: WebSocketApi;
let browser: HttpBrowser;
const at = (path = '/api/things', more: Partial<Asked> = {}): Asked => ({
  url: scene.parlour.url + path,
  browser,
  ...more,
});

beforeAll(async () => {
  api = await startWebSocketApi();
  const route = { upstream: `${api.url}/v1`, webSocket: true };
  const apiRoutes = [
    { path: '/api', ...route },
    { path: '/api/plain', upstream: api.url },
    { path: '/api/cookies', ...route, passSetCookie: true },
    { path: '/api/public', ...route, token: 'none' },
    { path: '/api/slow', ...route, timeout: 1 },
    { path: '/api/far', webSocket: true, upstream: 'https://api.internal' },
    { path: '/api/nobody', webSocket: true, upstream: 'http://127.0.0.1:9' },
  ];
  scene = await startScene({ API_ROUTES: '' }, { apiRoutes });
  browser = await scene.login();
});
afterAll(async () => {
  await scene.close();
  await api.close();
});
beforeEach(() => {
  api.handshakes = [];
  api.instead = undefined;
  api.reply = undefined;
});
afterEach(() => {
  closeWebSockets();
  jest.useRealTimers();
});

/** The API's bytes instead of ws's. */
const bytes = (answer: (request: IncomingMessage) => string[]) => {
  api.instead = (request, socket) => void socket.end([...answer(request), '', ''].join('\r\n'));
};

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const acceptOf = (key = '') => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const yes = ({ headers }: IncomingMessage) => [
  'Upgrade: websocket',
  `Sec-WebSocket-Accept: ${acceptOf(headers['sec-websocket-key'])}`,
];

/** As a page's, but for `lines`, which come instead of all that they name. */
function rawLines(path: string, lines = ['Upgrade: websocket'], method = 'GET'): string[] {
  const page = [
    `Host: localhost:${scene.parlour.port}`,
    `Origin: ${scene.parlour.url}`,
    `Cookie: ${cookieHeader(browser, scene.parlour.url)}`,
    'Connection: Upgrade, HTTP2-Settings',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
  ];
  const named = lines.map(line => line.split(':')[0]);
  return [`${method} ${path} HTTP/1.1`, ...page.filter(line => !named.includes(line.split(':')[0])), ...lines];
}

function rawHandshake(path: string, lines?: string[], method?: string, body = ''): Promise<RawAnswer> {
  return rawRequest({ port: scene.parlour.port, lines: rawLines(path, lines, method), body });
}

/** ws would add it again. */
function withoutOrigin(request: ClientRequest): void {
  request.removeHeader('origin');
  request.end();
}

describe('a WebSocket through the proxy', () => {
  it('carries messages both ways, compressed from end to end, and the close of either end', async () => {
    const socket = await openWebSocket(at('/api/things?from=1', { perMessageDeflate: { threshold: 0 } }));
    expect(socket.extensions).toBe('permessage-deflate');
    for (const message of ['x', 'y'.repeat(200_000)]) expect(await echoed(socket, message)).toBe(message);
    expect(api.handshakes.map(({ url }) => url)).toEqual(['/v1/things?from=1']);
    const [atApi] = api.sockets;
    socket.close(4001, 'bye');
    expect(atApi && (await closed(atApi))).toEqual([4001, 'bye']);
    const other = await openWebSocket(at());
    for (const end of api.sockets) end.close(4002, 'done');
    expect(await closed(other)).toEqual([4002, 'done']);
  });

  it('is cut off when either end is', async () => {
    const [first, second] = [await openWebSocket(at()), await openWebSocket(at())];
    const [atApi, other] = api.sockets;
    first.terminate();
    expect(atApi && (await closed(atApi))).toEqual([1006, '']);
    other?.terminate();
    expect(await closed(second)).toEqual([1006, '']);
  });

  it('B17, B20: comes to the API with the access token and where it’s from, and with nothing of the browser’s own', async () => {
    const cookie = `${cookieHeader(browser, scene.parlour.url)}; theirs=1`;
    const headers = {
      cookie,
      authorization: 'Bearer forged',
      'x-forwarded-for': '192.0.2.7',
      'x-csrf': '1',
      'x-of-app': 'yes',
    };
    await openWebSocket(at('/api/x', { headers, protocols: ['chat', 'v2.chat'] }));
    const arrived = api.handshakes[0]?.headers;
    expect(arrived).toMatchObject({
      authorization: `Bearer ${scene.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value}`,
      forwarded: `for=127.0.0.1;host="localhost:${scene.parlour.port}";proto=http`,
      'sec-websocket-protocol': 'chat,v2.chat',
      'x-of-app': 'yes',
    });
    for (const name of ['cookie', 'origin', 'x-forwarded-for', 'x-csrf']) expect(arrived).not.toHaveProperty(name);
  });

  it('B17: brings no cookie of the API’s, unless the route lets them pass, and never one of ours', async () => {
    api.instead = (_request, socket, accept) => {
      const write = socket.write.bind(socket);
      const more = `Set-Cookie: theirs=1\r\nSet-Cookie: ${SESSION_COOKIE}=forged\r\nServer: secret\r\n\r\n`;
      socket.write = (head: string) => write(head.replace('\r\n\r\n', `\r\n${more}`));
      accept();
    };
    const heads = [await headOf(at('/api/x')), await headOf(at('/api/cookies/x'))];
    expect(heads.map(({ 'set-cookie': set, server }) => [set, server])).toEqual([
      [undefined, undefined],
      [['theirs=1'], undefined],
    ]);
  });

  it('S1: has no trailers, whatever its API announces', async () => {
    api.instead = (_request, socket, accept) => {
      const write = socket.write.bind(socket);
      socket.write = (head: string) => write(head.replace('\r\n\r\n', '\r\nTrailer: X-Checksum\r\n\r\n'));
      accept();
    };
    expect(await headOf(at('/api/x'))).not.toHaveProperty('trailer');
  });

  it('goes by the proxy and to the authorities that calls do', async () => {
    const certificate = await selfSigned('api.internal');
    const front = await startTlsFront(certificate, Number(new URL(api.url).port));
    const proxy = await startProxy({ 'api.internal': front.port });
    const CA_FILE = join(temporaryDirectory(), 'ca.pem');
    writeFileSync(CA_FILE, certificate.cert);
    try {
      const { url } = await scene.another({ HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1', CA_FILE });
      const socket = await openWebSocket({ url: `${url}/api/far/x`, browser });
      expect(await echoed(socket, 'x')).toBe('x');
      expect(proxy.asked).toEqual(['CONNECT api.internal:443']);
    } finally {
      await proxy.close();
      await front.close();
    }
  });

  it('B10: needs no session and brings no token where the route takes anybody, but the app’s own origin all the same', async () => {
    const url = `${scene.parlour.url}/api/public/x`;
    const socket = await openWebSocket({ url });
    expect(await echoed(socket, 'x')).toBe('x');
    expect(api.handshakes[0]?.headers).not.toHaveProperty('authorization');
    expect((await refusal({ url, origin: 'https://evil.example' })).code).toBe('cross_site_request');
  });

  it('R12: whose API refuses the token is tried once more with a fresh one', async () => {
    const one = await scene.login();
    turnClock(60);
    api.instead = (_request, socket, accept) => {
      if (api.handshakes.length > 1) accept();
      else socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    };
    const socket = await openWebSocket(at('/api/x', { browser: one }));
    expect(await echoed(socket, 'x')).toBe('x');
    const [first, second] = api.handshakes.map(({ headers }) => headers.authorization);
    expect(second).not.toBe(first);
  });
});

describe('a handshake that gets no socket', () => {
  const nothing = async () => expect(api.handshakes).toEqual([]);

  it.each([
    ['without an Origin', { origin: undefined }],
    ['from a sibling', { origin: 'http://sibling.localhost' }],
    ['from another site', { origin: 'https://evil.example' }],
    ['from another port', { origin: 'http://localhost:1' }],
    ['from a sandbox', { origin: 'null' }],
  ])('B10: %s is refused and makes no call, header or not', async (_, given) => {
    const origin = given.origin === undefined ? { finishRequest: withoutOrigin } : { origin: given.origin };
    const answer = await refusal(at('/api/x', { ...origin, headers: { 'x-csrf': '1' } }));
    expect([answer.status, answer.code]).toEqual([403, 'cross_site_request']);
    await nothing();
  });

  it('B10: without a session is refused as a call would be', async () => {
    const answer = await refusal({ url: `${scene.parlour.url}/api/x` });
    expect([answer.status, answer.code, answer.headers['cache-control']]).toEqual([
      401,
      'not_authenticated',
      'no-store',
    ]);
    await nothing();
  });

  it('B22: with two session cookies has none', async () => {
    const cookie = cookieHeader(browser, scene.parlour.url);
    const answer = await refusal(at('/api/x', { headers: { cookie: `${cookie}; ${SESSION_COOKIE}=x` } }));
    expect(answer.code).toBe('not_authenticated');
    await nothing();
  });

  it('B29: for another authority is misdirected', async () => {
    const answer = await refusal(at('/api/x', { headers: { host: 'evil.example' } }));
    expect([answer.status, answer.code]).toEqual([421, 'misdirected_request']);
    await nothing();
  });

  it.each([
    ['/api/../x', 'api_path_refused'],
    ['/api/%2e%2e/x', 'api_path_refused'],
    ['/api/a%2fb', 'api_path_refused'],
    ['/api//evil', 'api_path_refused'],
    ['/api/a;b', 'api_path_refused'],
    ['/api/%70lain/x', 'api_path_refused'],
    ['/api/PLAIN/x', 'api_path_refused'],
    ['/API/x', 'unknown_api_route'],
    ['/api/plain/x', 'upgrade_refused'],
  ])('B13, B14, B15: %s is checked as a call’s address is', async (path, code) => {
    const answer = await rawHandshake(path);
    expect(JSON.parse(answer.body)).toMatchObject({ code });
    await nothing();
  });

  it('B13: the absolute form is refused', async () => {
    const answer = await rawHandshake('http://evil.example/api/x');
    expect(answer.status).toBe(400);
    await nothing();
  });

  it.each([
    ['both', ['Upgrade: h2c, websocket']],
    ['websocket twice', ['Upgrade: websocket', 'Upgrade: websocket']],
    ['another version', ['Upgrade: websocket', 'Sec-WebSocket-Version: 8']],
    ['no version', ['Upgrade: websocket', 'Sec-WebSocket-Version:']],
    ['a key that is none', ['Upgrade: websocket', 'Sec-WebSocket-Key: short']],
    [
      'two keys',
      [
        'Upgrade: websocket',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ],
    ],
    ['a body', ['Upgrade: websocket', 'Content-Length: 5']],
    ['a chunked body', ['Upgrade: websocket', 'Transfer-Encoding: chunked']],
  ])('B13: %s is no handshake: no tunnel', async (_, lines) => {
    const answer = await rawHandshake('/api/x', lines);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'upgrade_refused']);
    expect(answer.headers['connection']).toBe('close');
    await nothing();
  });

  it.each(['POST', 'OPTIONS', 'DELETE'])('B13: %s is no method of a handshake', async method => {
    const answer = await rawHandshake('/api/x', undefined, method);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upgrade_refused' });
    await nothing();
  });

  it('B13: bytes that come with its head are of no use: neither a second request nor a frame', async () => {
    const rest = 'GET /session HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await rawHandshake('/api/x', undefined, 'GET', rest);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upgrade_refused' });
    await nothing();
  });

  it.each([
    ['h2c', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
    ['TLS', ['Upgrade: TLS/1.0']],
  ])('B13: %s is nothing that the API hears of: the call is what it’d be without', async (_, lines) => {
    const answer = await rawHandshake('/api/x', [...lines, 'X-CSRF: 1', 'Content-Length: 4'], 'POST', 'body');
    expect([answer.status, answer.body]).toEqual([200, '{"ok":true}']);
    const [arrived] = api.handshakes;
    expect(arrived?.headers).toMatchObject({ connection: 'keep-alive', 'content-length': '4' });
    expect(arrived?.headers).not.toHaveProperty('upgrade');
    expect(arrived?.headers).not.toHaveProperty('http2-settings');
  });

  it.each(['h2c', 'websocket'])(
    'L9: elsewhere an upgrade to %s is the request that it’d be without',
    async protocol => {
      const one = await scene.login();
      const token = await logoutToken(scene.hostile, { sid: newestLogin(scene.hostile).sid });
      const head = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`];
      expect((await post(scene.parlour, `logout_token=${token}`, ...head)).status).toBe(200);
      expect((await script(one, `${scene.parlour.url}/session`)).json()).toMatchObject({ authenticated: false });
    },
  );

  it('B25, B26: passes the API’s own answer on, as a call’s', async () => {
    const body = JSON.stringify({ wait: 'x'.repeat(300_000) });
    bytes(() => [
      'HTTP/1.1 429 Too Many Requests',
      'Retry-After: 7',
      'Content-Type: application/json',
      'Cache-Control: public, s-maxage=60',
      'Strict-Transport-Security: max-age=0',
      'Set-Cookie: theirs=1',
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ]);
    const answer = await refusal(at());
    expect([answer.status, answer.body === body, answer.headers['retry-after']]).toEqual([429, true, '7']);
    expect(answer.headers).toMatchObject({ 'cache-control': 'private', 'x-content-type-options': 'nosniff' });
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  const accepted = ({ headers }: IncomingMessage) => acceptOf(headers['sec-websocket-key']);
  it.each([
    ['another key', () => ['Upgrade: websocket', `Sec-WebSocket-Accept: ${acceptOf('other')}`]],
    ['no key', () => ['Upgrade: websocket']],
    [
      'two keys',
      request => ['Upgrade: websocket', ...Array<string>(2).fill(`Sec-WebSocket-Accept: ${accepted(request)}`)],
    ],
    ['another protocol', request => ['Upgrade: h2c', `Sec-WebSocket-Accept: ${accepted(request)}`]],
    ['a subprotocol that nobody offered', request => [...yes(request), 'Sec-WebSocket-Protocol: other']],
    ['two subprotocols', request => [...yes(request), 'Sec-WebSocket-Protocol: chat, v2.chat']],
    ['an extension that nobody offered', request => [...yes(request), 'Sec-WebSocket-Extensions: x-other']],
  ] as [string, (request: IncomingMessage) => string[]][])(
    'B13: an API that says yes with %s is 502',
    async (_, fields) => {
      bytes(request => ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', ...fields(request)]);
      const answer = await refusal(at('/api/x', { protocols: ['chat', 'v2.chat'] }));
      expect([answer.status, answer.code]).toEqual([502, 'api_response_invalid']);
    },
  );

  it('an API that can’t be reached is 502, one that doesn’t answer 504 after the route’s timeout', async () => {
    expect((await refusal(at('/api/nobody'))).code).toBe('api_unreachable');
    api.instead = () => {};
    expect((await refusal(at('/api/slow'))).code).toBe('api_timeout');
  });

  it('leaves the API when the browser leaves first', async () => {
    const arrived = new Promise<Duplex>(resolve => {
      api.instead = (_request, socket) => resolve(socket);
    });
    const asked = connect(scene.parlour.port, '127.0.0.1');
    asked.write(`${rawLines('/api/x').join('\r\n')}\r\n\r\n`);
    const atApi = await arrived;
    const left = new Promise(resolve => atApi.resume().once('end', resolve));
    asked.destroy();
    await left;
  });

  it('S1: that comes behind a call ends their connection, and nothing else', async () => {
    const arrived = new Promise<IncomingMessage>(resolve => {
      api.reply = resolve;
    });
    const asked = connect(scene.parlour.port, '127.0.0.1').on('error', () => {});
    let text = '';
    asked.on('data', chunk => (text += chunk.toString('latin1')));
    asked.write([...rawLines('/api/x', ['Connection: keep-alive', 'X-CSRF: 1']), '', ''].join('\r\n'));
    const call = await arrived;
    const left = new Promise(resolve => call.on('error', () => {}).once('close', resolve));
    asked.write([...rawLines('/api/x'), '', ''].join('\r\n'));
    try {
      await once(asked, 'close', { signal: AbortSignal.timeout(5000) });
    } finally {
      asked.destroy();
    }
    await left;
    expect(text).toBe('');
    expect((await script(browser, `${scene.parlour.url}/session`)).status).toBe(200);
  });

  it('S1: a call to the same route without an upgrade is a call', async () => {
    expect((await script(browser, `${scene.parlour.url}/api/x`)).json()).toEqual({ ok: true });
  });
});
