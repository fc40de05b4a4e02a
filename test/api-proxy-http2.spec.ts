import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import {
  constants,
  createSecureServer,
  type ServerHttp2Stream,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { type ProxyApplication, startProxyApplication } from './api-proxy-application.js';
import { type Certificate, selfSigned } from './support/certificates.js';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { listen } from './support/hostile/listen.js';
import { rawRequest } from './support/http-browser.js';

interface Call {
  version: string;
  rawHeaders: string[];
  body: string;
  /** Of the client. */
  certificate: string | undefined;
}

let api: Http2SecureServer;
let upstream: string;
let old: HttpsServer;
let stranger: Http2SecureServer;
/** Wants to see a certificate. */
let strict: Http2SecureServer;
let calls: Call[] = [];
let connections = 0;
let answer: (request: Http2ServerRequest, response: Http2ServerResponse) => unknown;
let app: ProxyApplication;

beforeAll(async () => {
  const mine = await selfSigned('localhost');
  const strangers = await selfSigned('localhost');
  api = secureApi(mine);
  old = createHttpsServer(mine, (_request, response) => response.end('{}'));
  stranger = createSecureServer(strangers, (_request, response) => void response.end('{}'));
  strict = createSecureServer({ ...mine, requestCert: true, rejectUnauthorized: true });
  const files = certificateFiles();
  (await selfSignedClient()).write(files);
  upstream = await urlOf(api);
  app = await startProxyApplication(
    [
      { path: '/api/things', upstream, http2: true },
      { path: '/api/same', upstream },
      { path: '/api/shown', upstream, http2: true, clientCertificate: true },
      { path: '/api/old', upstream: await urlOf(old), http2: true },
      { path: '/api/stranger', upstream: await urlOf(stranger), http2: true },
      { path: '/api/strict', upstream: await urlOf(strict), http2: true },
    ],
    {
      outbound: { caFile: mine.certFile },
      clientCertFile: files.CLIENT_CERT_FILE,
      clientKeyFile: files.CLIENT_KEY_FILE,
    },
  );
});
beforeEach(() => {
  calls = [];
  answer = (_request, response) => response.end('{}');
  app.forgetLog();
});
afterAll(async () => {
  await app.close();
  await Promise.all([api, old, stranger, strict].map(server => new Promise(resolve => server.close(resolve))));
});
async function urlOf(server: Http2SecureServer | HttpsServer): Promise<string> {
  return `https://localhost:${await listen(server)}`;
}

/** It would take HTTP/1.1, too. */
function secureApi({ cert, key }: Certificate): Http2SecureServer {
  const server = createSecureServer({ cert, key, allowHTTP1: true, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', () => (connections += 1));
  server.on('request', (request, response) => void serve(request, response));
  return server;
}

async function serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  const { httpVersion: version, rawHeaders } = request;
  const socket = request.socket as TLSSocket; // of a server with TLS
  const certificate = socket.getPeerX509Certificate()?.fingerprint256;
  calls.push({ version, rawHeaders, certificate, body: (await buffer(request)).toString('latin1') });
  await answer(request, response);
}

/** Whether a stream takes more within half a second. */
function drained(stream: ServerHttp2Stream): Promise<boolean> {
  return new Promise(resolve => {
    const late = setTimeout(() => resolve(false), 500);
    stream.once('drain', () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}

/** As `name: value`, sorted. */
const fieldsOf = ({ rawHeaders }: Call) =>
  rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : [])).toSorted();

describe('a route with http2', () => {
  it('speaks it by ALPN, and another route to the same API HTTP/1.1', async () => {
    expect((await app.fetch('/api/things')).status).toBe(200);
    expect((await app.fetch('/api/same')).status).toBe(200);
    expect(calls.map(({ version }) => version)).toEqual(['2.0', '1.1']);
  });

  it('B13 B17: says method, path and authority of the route, and the fields that every API gets', async () => {
    const lines = app.head(
      'POST /api/things/a?b=c HTTP/1.1',
      'Content-Type: text/plain',
      'Content-Length: 2',
      'X-Own: caf\xe9',
    );
    const hop = [
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'TE: trailers',
      'Keep-Alive: 1',
      'Upgrade: h2c',
      'Proxy-Connection: x',
    ];
    expect(
      (await app.raw([...lines, ...hop, 'X-Twice: 1', 'If-Match: "a"', 'x-twice: 2', 'If-Match: "b"'], 'ok')).status,
    ).toBe(200);
    const [call] = calls;
    expect(call?.body).toBe('ok');
    expect(call && fieldsOf(call)).toEqual([
      `:authority: ${new URL(upstream).host}`,
      ':method: POST',
      ':path: /a?b=c',
      ':scheme: https',
      `authorization: Bearer ${app.accessToken}`,
      'content-length: 2',
      'content-type: text/plain',
      `forwarded: for=127.0.0.1;host="localhost:${app.port}";proto=http`,
      'if-match: "a"',
      'if-match: "b"',
      'x-own: caf\xe9',
      'x-twice: 1',
      'x-twice: 2',
    ]);
  });

  it('fields outside ASCII come out with the bytes they had', async () => {
    answer = (_request, response) => response.writeHead(200, { 'X-Name': 'caf\xe9', 'Content-Length': '2' }).end('{}');
    expect((await app.fetch('/api/things')).headers['x-name']).toBe('caf\xe9');
  });

  it('one connection does for many calls at once, and a file passes whole', async () => {
    const file = Buffer.alloc(1 << 20, 'abc');
    answer = (_request, response) => response.end(file);
    const before = connections;
    const got = await Promise.all(Array.from({ length: 8 }, () => app.fetch('/api/things')));
    expect(got.map(({ body }) => body === file.toString())).toEqual(got.map(() => true));
    expect(connections - before).toBeLessThanOrEqual(1);
  });

  it('S1: a reset with NO_ERROR behind what the browser hasn’t read yet makes nothing whole', async () => {
    const broken = new Promise<void>(resolve => {
      answer = async (_request, { stream }) => {
        stream.respond({ ':status': 200 });
        // until nobody takes more
        while (stream.write(Buffer.alloc(1 << 16)) || (await drained(stream)));
        stream.close(constants.NGHTTP2_NO_ERROR);
        resolve();
      };
    });
    const headers = { Host: `localhost:${app.port}`, Cookie: app.cookie, 'X-CSRF': '1' };
    const request = httpRequest({ host: '127.0.0.1', port: app.port, path: '/api/things', headers }).end();
    const [response] = await once(request, 'response');
    await broken;
    await expect(buffer(response)).rejects.toThrow('aborted');
  });

  it('B26: an answer to HEAD keeps its length', async () => {
    answer = (_request, response) => response.writeHead(200, { 'Content-Length': '9' }).end();
    const { status, headers } = await app.fetch('/api/things', { method: 'HEAD' });
    expect([status, headers['content-length']]).toEqual([200, '9']);
  });

  it('F5: shows the client’s certificate where the route says so, on a connection of its own', async () => {
    await app.fetch('/api/things');
    await app.fetch('/api/shown');
    expect(calls.map(({ certificate, version }) => [certificate !== undefined, version])).toEqual([
      [false, '2.0'],
      [true, '2.0'],
    ]);
  });

  it.each([
    ['that chooses HTTP/1.1', '/api/old', 'NOT_CHOSEN_BY_ALPN'],
    ['that nobody vouches for', '/api/stranger', expect.stringMatching(/CERT|SELF_SIGNED/)],
    // it says so when everybody else is through with the handshake (RFC 8446 §4.4.2.4)
    ['that misses a certificate', '/api/strict', expect.stringMatching(/CERT/)],
    ['that still misses it', '/api/strict', expect.stringMatching(/CERT/)],
  ])('S1: an API %s is a 502, and gets no request', async (_what, path, reason) => {
    const { status, body } = await app.fetch(path);
    expect([status, JSON.parse(body).code]).toEqual([502, 'api_unreachable']);
    expect(app.events('api_failed').map(event => event['reason'])).toEqual([reason]);
  });

  it('S4: a token or name that is no field of HTTP’s is never written', async () => {
    const lines = app.head('GET /api/things HTTP/1.1', 'X-A: a\u0001b', 'Connection: close');
    expect((await rawRequest({ port: app.port, lines })).status).toBe(400);
    expect(calls).toEqual([]);
  });
});
