import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type RunningServer } from '../authorization-server/listen.js';
import { refuseProduction } from '../refuse-production.js';
import { jwtGuard } from './access-token.js';
import { problem } from './answer.js';
import { type Guard, Refused } from './guard.js';
import { introspectionGuard, type IntrospectionOptions } from './introspection.js';
import { type Call, routes } from './routes.js';

refuseProduction();

interface Address {
  /** 0 takes a free port. */
  port: number;
  /** Loopback only, `127.0.0.1` when left out. */
  host?: string;
}

/** Access tokens are JWTs of one issuer, compared exactly, for one audience; or the service that issued them is asked. */
export type DemoApiOptions = Address & ({ issuer: string; audience: string } | { introspection: IntrospectionOptions });

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

/** A small API that wants an access token for every call, and has something worth seeing behind it. */
export async function startDemoApi(options: DemoApiOptions): Promise<RunningDemoApi> {
  refuseProduction();
  const guard =
    'introspection' in options ? introspectionGuard(options.introspection) : jwtGuard(options.issuer, options.audience);
  const requests: ReceivedRequest[] = [];
  const server = createServer((req, res) => {
    const received = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, bodyBytes: 0 };
    requests.push(received);
    handle(req, res, received, guard).catch((error: unknown) => fail(res, error));
  });
  return { ...(await listen(server, options.port, options.host)), requests };
}

async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  received: ReceivedRequest,
  guard: Guard,
): Promise<void> {
  const url = URL.parse(received.url, `http://${req.headers.host ?? 'localhost'}`);
  const atPath = routes.filter(
    ({ path }) => path === url?.pathname || (path.endsWith('/') && url?.pathname.startsWith(path)),
  );
  const route = atPath.find(({ method }) => method === (req.method === 'HEAD' ? 'GET' : req.method));
  const token = await guard(req.headers.authorization, route?.scope);
  if (!url || atPath.length === 0) return problem(res, 404, 'There is nothing here.');
  if (!route) return problem(res, 405, 'Not this way.', { allow: atPath.map(({ method }) => method).join(', ') });
  const contentType = req.headers['content-type'];
  const rest = url.pathname.slice(route.path.length);
  const call: Call = { url, rest, contentType, body: counted(req, received), token, signal: goneSignal(res) };
  return route.handle(call, res);
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
  } else if (error instanceof Refused) {
    problem(res, error.status, error.message, { 'www-authenticate': error.authenticate });
  } else {
    problem(res, 503, 'The authorization server cannot be reached.', { 'retry-after': '5' });
  }
}
