import { Module, type INestApplication, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { createServer as createHttp2Server, Http2ServerRequest } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { BffModule, Events } from '../src/bff/index.js';
import type { ApiRouteOptionsInput, BffOptionsInput, FrontendOptionsInput } from '../src/bff/bff.options.js';
import { freePort } from './support/free-port.js';
import { startHostileAuthorizationServer, type Hostile } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser, type RawAnswer, rawRequest } from './support/http-browser.js';

/** What reached the API, byte for byte where it matters. */
export interface Arrived {
  method: string;
  url: string;
  rawHeaders: string[];
  headers: IncomingMessage['headers'];
  body: string;
}

type Reply = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An API on node:http that keeps what reached it and answers what the test says. */
export class RecordingApi {
  arrived: Arrived[] = [];
  reply: Reply = answerOk;
  /** Called before the body is read; then nobody reads it but this. */
  takeOver: Reply | undefined;

  constructor(readonly server: Server) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  get origin(): string {
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  async close(): Promise<void> {
    await closeServer(this.server);
  }

  reset(): void {
    this.arrived = [];
    this.reply = answerOk;
    this.takeOver = undefined;
  }

  /** The only one. */
  get only(): Arrived {
    const [first, second] = this.arrived;
    if (!first || second) throw new Error(`${this.arrived.length} requests reached the API`);
    return first;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', rawHeaders, headers } = request;
    const arrived = { method, url, rawHeaders, headers, body: '' };
    this.arrived.push(arrived);
    if (this.takeOver) return void this.takeOver(request, response);
    try {
      arrived.body = (await buffer(request)).toString('latin1');
    } catch {
      return; // whoever sent it went away
    }
    await this.reply(request, response);
  }
}

function answerOk(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}');
}

const ofHttp2 = new Set<string>();
let version: '1.1' | '2' = '1.1';

/** What the recording APIs of this file speak from now on, and their routes. */
export function speak(spoken: typeof version): void {
  version = spoken;
}

export async function startApi(): Promise<RecordingApi> {
  // its requests and responses have what is used of node:http's here
  const server = version === '2' ? (createHttp2Server() as unknown as Server) : createServer();
  await listen(server);
  const api = new RecordingApi(server);
  if (version === '2') ofHttp2.add(api.origin);
  return api;
}

/** Whether a recording API speaks HTTP/2 there. */
export function isOfHttp2(url: string): boolean {
  return ofHttp2.has(new URL(url).origin);
}

/** Whether the body of a request that has closed came to its end. */
export function cameWhole(request: IncomingMessage): boolean {
  // node:http2 says `complete` of broken ones, too
  return request instanceof Http2ServerRequest ? request.stream.rstCode === 0 : request.complete;
}

/** A server that answers each connection with these bytes, whatever was asked. */
export async function startRawApi(answer: (socket: Socket) => void): Promise<TcpServer> {
  const server = createTcpServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await listen(server);
  return server;
}

export async function listen(server: Server | TcpServer, port = 0): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

export async function closeServer(server: Server | TcpServer): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await closed;
}

export function portOf(server: Server | TcpServer): number {
  // A listening TCP server has an AddressInfo, not a pipe's name.
  return (server.address() as AddressInfo).port;
}

/** Keeps each line. */
class Log implements LoggerService {
  readonly lines: string[] = [];
  private readonly keep = (message: unknown) => this.lines.push(JSON.stringify(message));
  log = this.keep;
  warn = this.keep;
  error = this.keep;
  debug = this.keep;
}

/** The BFF in a Nest application, an authorization server, and a browser that is logged in. */
export class ProxyApplication {
  constructor(
    readonly app: INestApplication,
    readonly port: number,
    readonly authorizationServer: Hostile,
    readonly browser: HttpBrowser,
    private readonly log: Log,
    private readonly folder: string,
  ) {}

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** Answers one request of bytes, as a client would send that holds the session's cookie. `lines` are the whole head. */
  raw(lines: string[], body = ''): Promise<RawAnswer> {
    return rawRequest({ port: this.port, lines, body });
  }

  /** What a script of the app sends, the custom header included. */
  fetch(path: string, init: Parameters<HttpBrowser['fetch']>[1] = {}): Promise<Hop> {
    const page = `${this.origin}/`;
    return this.browser.fetch(this.origin + path, { page, ...init, headers: { 'X-CSRF': '1', ...init.headers } });
  }

  get cookie(): string {
    return this.browser
      .cookies(this.origin)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** The head of a request with session and custom header, for raw sockets. */
  head(requestLine: string, ...more: string[]): string[] {
    return [requestLine, `Host: localhost:${this.port}`, `Cookie: ${this.cookie}`, 'X-CSRF: 1', ...more];
  }

  async login(browser = this.browser): Promise<void> {
    await browser.navigate(`${this.origin}/login`);
    if (browser.cookies(this.origin).length === 0) throw new Error(`No login: ${browser.page?.body}`);
  }

  /** The newest access token that was issued. */
  get accessToken(): string {
    const token = this.authorizationServer.issued.findLast(({ kind }) => kind === 'access_token');
    if (!token) throw new Error('No access token was issued');
    return token.value;
  }

  events(name: string): Record<string, unknown>[] {
    return this.log.lines.filter(line => line.includes(`"event":"${name}"`)).map(line => JSON.parse(line));
  }

  forgetLog(): void {
    this.log.lines.length = 0;
  }

  get logText(): string {
    return this.log.lines.join('\n');
  }

  metrics(): Promise<string> {
    return this.app.get(Events).registry.metrics();
  }

  async close(): Promise<void> {
    this.app.getHttpServer().closeAllConnections();
    await this.app.close();
    await this.authorizationServer.close();
    rmSync(this.folder, { recursive: true });
  }
}

export async function startProxyApplication(
  apiRoutes: ApiRouteOptionsInput[],
  more: Partial<FrontendOptionsInput> & Pick<BffOptionsInput, 'trustedProxies' | 'outbound'> = {},
): Promise<ProxyApplication> {
  const authorizationServer = await startHostileAuthorizationServer();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'parlour-api-proxy-'));
  const bff = BffModule.forRoot({
    storageUrl: `file:${folder}`,
    keys: [randomBytes(32).toString('base64url')],
    publicUrl: `http://localhost:${port}`,
    issuer: authorizationServer.issuer,
    clientId: authorizationServer.client.client_id,
    clientSecret: authorizationServer.client.client_secret,
    apiRoutes: apiRoutes.map(route => ({ http2: isOfHttp2(route.upstream), ...route })),
    ...more,
  });
  @Module({ imports: [bff] })
  class HostModule {}
  const log = new Log();
  const app = await NestFactory.create(HostModule, { bodyParser: false, logger: log, abortOnError: false });
  const started = new ProxyApplication(app, port, authorizationServer, new HttpBrowser(), log, folder);
  try {
    await app.listen(port, '127.0.0.1');
    await started.login();
  } catch (cause) {
    await started.close(); // else Jest never ends
    throw cause;
  }
  return started;
}
