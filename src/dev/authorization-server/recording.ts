import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type Provider from 'oidc-provider';
import { endpointAt, type BackChannelEndpoint, type Middleware } from './endpoints.js';

/** Every value really issued in this run: the needles of a leak scan. */
export interface Issued {
  accessTokens: string[];
  refreshTokens: string[];
  idTokens: string[];
  codes: string[];
}

export interface RecordedRequest {
  endpoint: BackChannelEndpoint;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** Whether there was an Authorization header. */
  authorization: boolean;
  /** The form as sent; complete once the request has been answered. */
  body: string;
}

/** Records a request on arrival, so one that a fault swallows counts too. */
export function recordRequests(requests: RecordedRequest[]): Middleware {
  return async (ctx, next) => {
    const endpoint = endpointAt(ctx.path);
    if (endpoint) {
      const { method, path, headers } = ctx;
      const request = { endpoint, method, path, headers, authorization: 'authorization' in headers, body: '' };
      requests.push(request);
      copyBody(ctx.req, chunk => (request.body += chunk));
    }
    await next();
  };
}

/** A `data` listener would start the stream before oidc-provider reads it, so the chunks are copied on their way in. */
export function copyBody(req: IncomingMessage, onChunk: (chunk: string) => void): void {
  const push = req.push.bind(req);
  req.push = (chunk: Buffer | null, encoding) => {
    if (chunk) onChunk(chunk.toString());
    return push(chunk, encoding);
  };
}

export function recordIssued(provider: Provider): Issued {
  const issued: Issued = { accessTokens: [], refreshTokens: [], idTokens: [], codes: [] };
  provider.on('authorization.success', (_ctx, response) => add(issued.codes, response?.['code']));
  provider.on('grant.success', ctx => {
    const body: unknown = ctx.body;
    if (typeof body !== 'object' || body === null) return;
    const tokens = new Map<string, unknown>(Object.entries(body));
    add(issued.accessTokens, tokens.get('access_token'));
    add(issued.refreshTokens, tokens.get('refresh_token'));
    add(issued.idTokens, tokens.get('id_token'));
  });
  return issued;
}

function add(list: string[], value: unknown): void {
  if (typeof value === 'string' && !list.includes(value)) list.push(value);
}
