import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Certificate } from './certificates.js';
import { send, type Answer } from './hostile/answer.js';
import { authorization } from './hostile/authorization.js';
import { receive, type Call, type Client, type Endpoint } from './hostile/call.js';
import { discovery, endSession, jwks, par, revocation, token, userinfo } from './hostile/endpoints.js';
import { nonceDemand, type Nonces } from './hostile/dpop.js';
import type { Encryption } from './hostile/encryption.js';
import { Grants, type Issued } from './hostile/grants.js';
import { take, type Chosen, type Lies } from './hostile/lies.js';
import { KEEP_ALIVE, listen } from './hostile/listen.js';

export * from './hostile/catalogue.js';
export * from './hostile/signed-response-lies.js';
export * from './hostile/logout-token-lies.js';
export { logoutToken } from './hostile/logout-token.js';
export { listen } from './hostile/listen.js';
export type { AnswerLie, AuthorizationLie, IdTokenLie, KeysLie, Lies } from './hostile/lies.js';
export type { Call, Client, Endpoint } from './hostile/call.js';
export type { Issued, IssuedKind } from './hostile/grants.js';
export type { Encryption } from './hostile/encryption.js';

type Handler = (hostile: Hostile, call: Call) => Promise<Answer>;

const routes: Record<string, [Endpoint, Handler]> = {
  '/.well-known/openid-configuration': ['discovery', discovery],
  '/.well-known/oauth-authorization-server': ['discovery', discovery],
  '/jwks': ['jwks', jwks],
  '/par': ['par', par],
  '/authorize': ['authorization', authorization],
  '/token': ['token', token],
  '/userinfo': ['userinfo', userinfo],
  '/revoke': ['revocation', revocation],
  '/end-session': ['end_session', endSession],
};

/**
 * An authorization server on 127.0.0.1 that tells the truth until `lies` says otherwise:
 * `hostile.lies.par = { members: { expires_in: '60' } }`, or a ready-made one, `hostile.lies.par = pushLies['500']`.
 */
export class Hostile {
  lies: Lies = {};
  nonces: Nonces = {};
  /** Lies for single calls, told by what is in them: for tests that have many under way at once. */
  chosen: Chosen = {};
  /** Who logs in next (`sub`). */
  user = 'alice';
  /** `expires_in` of the access tokens issued next, in seconds. */
  accessTokenLifetime = 300;
  /** How ID tokens are encrypted; not at all without it. */
  encryption: Encryption | undefined;
  calls: Call[] = [];
  readonly grants = new Grants();
  lastRedirectUri: string | undefined;
  private readonly interactions = new Map<string, Answer>();
  private readonly waiters = new Set<() => void>();

  constructor(
    private readonly server: Server | TlsServer,
    readonly port: number,
    readonly client: Client,
  ) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  get issuer(): string {
    return `${this.server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Every request_uri, code and token ever issued: the needles of a leak scan. */
  get issued(): readonly Issued[] {
    return this.grants.issued;
  }

  /** Between tests: no lie, no memory of calls, the first user. What was issued stays good. */
  beHonest(): void {
    this.lies = {};
    this.chosen = {};
    this.nonces = {};
    this.calls = [];
    this.user = 'alice';
    this.accessTokenLifetime = 300;
    this.encryption = undefined;
    this.grants.reuseWindow = false;
  }

  to(endpoint: Endpoint, grantType?: string): Call[] {
    return this.calls.filter(
      call => call.endpoint === endpoint && (grantType === undefined || call.grantType === grantType),
    );
  }

  count(endpoint: Endpoint, grantType?: string): number {
    return this.to(endpoint, grantType).length;
  }

  /** Resolves with the nth such call as soon as it is in, answered or not. */
  async arrived(endpoint: Endpoint, nth = 1, grantType?: string): Promise<Call> {
    for (;;) {
      const call = this.to(endpoint, grantType)[nth - 1];
      if (call !== undefined) return call;
      await new Promise<void>(resolve => this.waiters.add(resolve));
    }
  }

  holdInteraction(answer: Answer): string {
    const id = randomUUID();
    this.interactions.set(id, answer);
    return id;
  }

  takeInteraction(id: string): Answer | undefined {
    const answer = this.interactions.get(id);
    this.interactions.delete(id);
    return answer;
  }

  /** Refuses connections until `up()`, which takes the same port again. */
  async down(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async up(): Promise<void> {
    await listen(this.server, this.port);
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.down();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routes[new URL(request.url ?? '/', this.issuer).pathname];
    if (route === undefined) return void response.writeHead(404).end();
    const [endpoint, handle] = route;
    try {
      const call = await receive(endpoint, request, this.client);
      this.calls.push(call);
      for (const wake of this.waiters) wake();
      this.waiters.clear();
      const demand = nonceDemand(this.nonces, call);
      if (demand) await send(response, demand, undefined);
      else await send(response, await handle(this, call), this.lieFor(call));
    } catch (error) {
      // A client that went away while it was still sending is its own affair; all else is a mistake of this file.
      if (!request.destroyed) console.error(error);
      response.destroy();
    }
  }

  private lieFor(call: Call) {
    const { endpoint, grantType } = call;
    const own = this.chosen.answer?.(call);
    if (own) return own;
    if (endpoint === 'authorization' || endpoint === 'end_session') return undefined;
    return take(this.lies, endpoint === 'token' && grantType === 'refresh_token' ? 'refresh' : endpoint);
  }
}

/** Over TLS where it's given a certificate. */
export async function startHostileAuthorizationServer(
  client: Partial<Client> = {},
  tls?: Pick<Certificate, 'cert' | 'key'>,
): Promise<Hostile> {
  const options = { keepAliveTimeout: KEEP_ALIVE };
  const server = tls ? createTlsServer({ ...options, cert: tls.cert, key: tls.key }) : createServer(options);
  const port = await listen(server);
  const secret = `${randomBytes(24).toString('base64')}:%+&=`;
  return new Hostile(server, port, { client_id: 'parlour-test', client_secret: secret, ...client });
}
