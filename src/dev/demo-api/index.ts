import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type RunningServer } from '../authorization-server/listen.js';
import { refuseProduction } from '../refuse-production.js';
import { type AccessToken, accessTokenVerifier, Unauthorized, type Verify } from './access-token.js';
import { challenge, problem } from './answer.js';
import { type Call, type Route, routes } from './routes.js';

refuseProduction();

export interface DemoApiOptions {
  /** 0 takes a free port. */
  port: number;
  /** Loopback only, `127.0.0.1` when left out. */
  host?: string;
  /** Whose access tokens are accepted, compared exactly. */
  issuer: string;
  audience: string;
}

/** One call as it arrived; its `authorization` header holds a real token, so it is for tests and not for logs. */
export interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Counted as the body is read; a refused call's body isn't. */
  bodyBytes: number;
}

export interface RunningDemoApi extends RunningServer {
  requests: ReceivedRequest[];
}

/** A small API that wants a JWT access token for every call, and has something worth seeing behind it. */
export async function startDemoApi(options: DemoApiOptions): Promise<RunningDemoApi> {
  refuseProduction();
  const verify = accessTokenVerifier(options.issuer, options.audience);
  const requests: ReceivedRequest[] = [];
  const server = createServer((req, res) => {
    const received = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, bodyBytes: 0 };
    requests.push(received);
    handle(req, res, received, verify).catch((error: unknown) => fail(res, error));
  });
  return { ...(await listen(server, options.port, options.host)), requests };
}

async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  received: ReceivedRequest,
  verify: Verify,
): Promise<void> {
  const token = await verify(req.headers.authorization);
  const url = URL.parse(received.url, `http://${req.headers.host ?? 'localhost'}`);
  const atPath = routes.filter(
    ({ path }) => path === url?.pathname || (path.endsWith('/') && url?.pathname.startsWith(path)),
  );
  const route = atPath.find(({ method }) => method === (req.method === 'HEAD' ? 'GET' : req.method));
  if (!url || atPath.length === 0) return problem(res, 404, 'There is nothing here.');
  if (!route) return problem(res, 405, 'Not this way.', { allow: atPath.map(({ method }) => method).join(', ') });
  if (!allowed(route, token)) return insufficientScope(res, route.scope);
  const contentType = req.headers['content-type'];
  const rest = url.pathname.slice(route.path.length);
  const call: Call = { url, rest, contentType, body: counted(req, received), token, signal: goneSignal(res) };
  return route.handle(call, res);
}

function allowed({ scope }: Route, token: AccessToken): boolean {
  return scope === undefined || token.scopes.has(scope);
}

function insufficientScope(res: ServerResponse, scope: string | undefined): void {
  problem(res, 403, `This needs the scope ${scope}.`, challenge({ error: 'insufficient_scope', scope }));
}

async function* counted(req: IncomingMessage, received: ReceivedRequest): AsyncIterable<Buffer> {
  for await (const chunk of req as AsyncIterable<Buffer>) {
    received.bodyBytes += chunk.length;
    yield chunk;
  }
}

function goneSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return gone.signal;
}

function fail(res: ServerResponse, error: unknown): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
  } else if (error instanceof Unauthorized) {
    problem(res, 401, error.message, challenge({ error: error.error }));
  } else {
    problem(res, 503, 'The authorization server cannot be reached.', { 'retry-after': '5' });
  }
}
