import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  cameWhole,
  type ProxyApplication,
  type RecordingApi,
  startApi,
  startProxyApplication,
} from './api-proxy-application.js';
import { until } from './support/parlour.js';

let api: RecordingApi;
let app: ProxyApplication;
let seconds = 0;

beforeAll(async () => {
  api = await startApi();
  const upstream = api.origin;
  app = await startProxyApplication([
    { path: '/api/things', upstream, replayBody: 16, timeout: 5 },
    { path: '/api/once', upstream, replayBody: 0 },
    { path: '/api/small', upstream, maxBody: 16 },
    { path: '/api/narrow', upstream, maxHeader: 2000 },
    { path: '/api/hasty', upstream, bodyTimeout: 1 },
  ]);
});
beforeEach(() => {
  api.reset();
  app.forgetLog();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await app.close();
  await api.close();
});

/** A request by a client that tells of every step, with session and custom header. */
function open(path: string, headers: Record<string, string> = {}) {
  const all = { Host: `localhost:${app.port}`, Cookie: app.cookie, 'X-CSRF': '1', ...headers };
  const request = httpRequest({ host: '127.0.0.1', port: app.port, path, method: 'POST', headers: all });
  // whoever waits for its answer hears of it
  return request.on('error', () => undefined);
}

async function answerOf(request: ReturnType<typeof open>): Promise<{ status: number; headers: object; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request.once('response', resolve).once('error', reject),
  );
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

const codeOf = ({ status, body }: { status: number; body: string }) => [status, JSON.parse(body).code];

/** The API's side of the next request, before anything of its body is read. */
function nextAtApi(): Promise<{ request: IncomingMessage; response: ServerResponse }> {
  return new Promise(resolve => {
    api.takeOver = (request, response) => resolve({ request, response });
  });
}

/** Whether a request at the API ended without the end of its body. */
function brokenOff(arriving: IncomingMessage): Promise<boolean> {
  arriving.on('error', () => undefined).resume();
  return new Promise(resolve => arriving.once('close', () => resolve(!cameWhole(arriving))));
}

/** The API refuses the token of this moment, which came long enough ago, and echoes what body comes with another. */
function refuseToken(answer: (body: string, response: ServerResponse) => unknown = (body, at) => at.end(body)): string {
  const now = Date.now.bind(Date);
  seconds += 40;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
  const old = app.accessToken;
  api.reply = (request, response) => {
    const isOld = request.headers.authorization === `Bearer ${old}`;
    if (isOld) response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('refused');
    else answer(api.arrived.at(-1)?.body ?? '', response);
  };
  return old;
}

describe('a body whose call is made again after a 401', () => {
  it.each([
    ['of a said length', { 'Content-Length': '16' }],
    ['of unsaid length', {}],
  ])('R12: is sent anew, %s, byte for byte', async (_what, headers) => {
    refuseToken();
    const request = open('/api/things', headers);
    for (const part of ['\0ÿ{"a"', ':1', '}\r\n', 'x'.repeat(5)]) request.write(Buffer.from(part, 'latin1'));
    request.end();
    const answer = await answerOf(request);
    expect(api.arrived.map(({ body }) => body)).toEqual(Array(2).fill('\0ÿ{"a":1}\r\nxxxxx'));
    expect(answer.status).toBe(200);
  });

  it.each([
    ['of a said length beyond the bound', '/api/things', { 'Content-Length': '17' }],
    ['of unsaid length that grows beyond it', '/api/things', {}],
    ['where none is to be kept', '/api/once', { 'Content-Length': '17' }],
  ])('R12: isn’t sent twice %s: the 401 passes', async (_what, path, headers) => {
    refuseToken();
    const request = open(path, headers);
    request.write('x'.repeat(8));
    request.end('x'.repeat(9));
    const answer = await answerOf(request);
    expect([answer.status, answer.body, api.arrived.length]).toEqual([401, 'refused', 1]);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  it('R12: may still be coming when the API says no', async () => {
    const old = refuseToken();
    const bodies: Promise<string>[] = [];
    api.takeOver = (request, response) => {
      if (request.headers.authorization === `Bearer ${old}`) response.writeHead(401).end();
      else bodies.push(text(request).finally(() => response.end('done')));
    };
    const request = open('/api/things', { 'Content-Length': '6' });
    request.write('abc');
    await until('the call is made again', () => bodies.length > 0);
    request.end('def');
    expect([await bodies[0], (await answerOf(request)).body]).toEqual(['abcdef', 'done']);
  });

  it('R12: never goes without its beginning: what comes while the token is refreshed waits', async () => {
    const old = refuseToken();
    const before = app.authorizationServer.count('token', 'refresh_token');
    const released = Promise.withResolvers<void>();
    app.authorizationServer.lies = { refresh: { after: released.promise } };
    const bodies: Promise<string>[] = [];
    api.takeOver = (request, response) => {
      if (request.headers.authorization === `Bearer ${old}`) response.writeHead(401, { Connection: 'close' }).end();
      else bodies.push(text(request).finally(() => response.end('done')));
    };
    const request = open('/api/things');
    request.write('begins ');
    await app.authorizationServer.arrived('token', before + 1, 'refresh_token');
    const rest = 'x'.repeat(100_000);
    await new Promise<void>(resolve => request.end(rest, resolve));
    released.resolve();
    const [{ body }, sent = ''] = [await answerOf(request), await bodies[0]];
    expect([body, sent.slice(0, 8), sent.length]).toEqual(['done', 'begins x', 100_007]);
    app.authorizationServer.beHonest();
  });

  it('S1: is read to its end where the API wants none of it', async () => {
    api.takeOver = (_request, response) => response.writeHead(400, { Connection: 'close' }).end('no');
    const request = open('/api/hasty', { 'Content-Length': String(8 << 20) });
    request.write('x');
    const answered = answerOf(request);
    expect((await answered).body).toBe('no');
    await new Promise<void>(resolve => request.end(Buffer.alloc((8 << 20) - 1), resolve));
  });

  it('B16 B17: comes with no cookie, and its answer tells neither token', async () => {
    const old = refuseToken((_body, response) =>
      response
        .writeHead(200, {
          'X-Token': `it is ${app.accessToken}`,
          'Set-Cookie': 'a=b',
          'WWW-Authenticate': 'Bearer',
        })
        .end(),
    );
    const answer = await answerOf(open('/api/things').end('{}'));
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.headers)).not.toMatch(/x-token|set-cookie|www-authenticate/);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' });
    expect(api.arrived.map(({ headers: { authorization, cookie } }) => [authorization, cookie])).toEqual([
      [`Bearer ${old}`, undefined],
      [`Bearer ${app.accessToken}`, undefined],
    ]);
  });

  it('R12: isn’t collected first: each part goes on as it comes', async () => {
    const atApi = nextAtApi();
    const request = open('/api/things', { 'Content-Length': '6' });
    request.write('abc');
    const { request: arriving, response } = await atApi;
    expect(String((await once(arriving, 'data'))[0])).toBe('abc');
    request.end('def');
    expect(await text(arriving)).toBe('def');
    response.end();
    await answerOf(request);
  });
});

describe('limits of a route', () => {
  it('S4: a body that says to be too large is a 413, and the API hears nothing', async () => {
    api.takeOver = (_request, response) => response.end('{}');
    const request = open('/api/small', { 'Content-Length': '17' });
    request.write('x');
    expect(codeOf(await answerOf(request))).toEqual([413, 'request_too_large']);
    request.destroy();
    expect(api.arrived).toEqual([]);
  });

  it('S4: one that turns out to be is a 413, and the API gets no whole body', async () => {
    const atApi = nextAtApi();
    const request = open('/api/small');
    request.write('x'.repeat(16));
    const { request: arriving, response } = await atApi;
    const gone = brokenOff(arriving);
    arriving.once('end', () => response.end('{}'));
    request.end('x');
    expect(codeOf(await answerOf(request))).toEqual([413, 'request_too_large']);
    expect(await gone).toBe(true);
  });

  it('S4: one that is just as large as it may be passes', async () => {
    for (const headers of [{}, { 'Content-Length': '16' }]) {
      expect((await answerOf(open('/api/small', headers).end('x'.repeat(16)))).status).toBe(200);
    }
  });

  it('S4: a header that is too large for the route is a 431', async () => {
    const long = { 'X-Long': 'x'.repeat(2000) };
    expect(codeOf(await answerOf(open('/api/narrow', long).end()))).toEqual([431, 'request_header_too_large']);
    expect(api.arrived).toEqual([]);
    expect((await answerOf(open('/api/narrow').end())).status).toBe(200);
    expect((await answerOf(open('/api/things', long).end())).status).toBe(200);
  });

  it('S1: a browser that pauses for too long is a 408, and the API gets no whole body', async () => {
    const atApi = nextAtApi();
    const request = open('/api/hasty', { 'Content-Length': '4' });
    request.write('abc');
    const { request: arriving } = await atApi;
    const gone = brokenOff(arriving);
    expect(codeOf(await answerOf(request))).toEqual([408, 'request_timeout']);
    request.destroy();
    expect(await gone).toBe(true);
  });

  it('S1: one that waits for a fresh token isn’t pausing', async () => {
    const old = refuseToken();
    app.authorizationServer.lies = { refresh: { after: new Promise(resolve => setTimeout(resolve, 1600)) } };
    api.takeOver = (request, response) => {
      if (request.headers.authorization === `Bearer ${old}`) response.writeHead(401).end();
      else void text(request).then(({ length }) => response.end(`all ${length}`));
    };
    const before = app.authorizationServer.count('token', 'refresh_token');
    const request = open('/api/hasty');
    request.write('begins, ');
    await app.authorizationServer.arrived('token', before + 1, 'refresh_token');
    request.end(Buffer.alloc(8 << 20));
    expect((await answerOf(request)).body).toBe(`all ${(8 << 20) + 8}`);
    app.authorizationServer.beHonest();
  });

  it('S1: one that waits for the API isn’t pausing', async () => {
    const size = 32 << 20;
    const atApi = nextAtApi();
    const request = open('/api/hasty', { 'Content-Length': String(size) });
    request.end(Buffer.alloc(size));
    const { request: arriving, response } = await atApi;
    setTimeout(() => arriving.resume(), 2200);
    await once(arriving, 'end');
    response.end('all');
    expect((await answerOf(request)).body).toBe('all');
  });
});
