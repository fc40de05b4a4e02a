import { type JWK, jwtVerify } from 'jose';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export type Endpoint =
  'discovery' | 'jwks' | 'par' | 'authorization' | 'token' | 'userinfo' | 'revocation' | 'end_session';

export interface Client {
  client_id: string;
  client_secret: string;
  /** The public half of the key that it signs assertions with, where it does. */
  jwk?: JWK;
}

/** A request that came in, whatever was answered. */
export interface Call {
  endpoint: Endpoint;
  method: string;
  /** Path and query as they stood in the request line. */
  target: string;
  /** The body's parameters, or the query's when there is no body. */
  params: URLSearchParams;
  grantType?: string;
  headers: IncomingHttpHeaders;
  clientAuthentication: 'basic' | 'post' | 'jwt' | 'none' | 'bad';
  /** `performance.now()` on arrival. */
  at: number;
}

export async function receive(endpoint: Endpoint, request: IncomingMessage, client: Client): Promise<Call> {
  const at = performance.now();
  const target = request.url ?? '/';
  const body = await text(request);
  const params = new URLSearchParams(body === '' ? target.split('?').slice(1).join('?') : body);
  const grantType = params.get('grant_type');
  return {
    endpoint,
    method: request.method ?? 'GET',
    target,
    params,
    ...(grantType === null ? {} : { grantType }),
    headers: request.headers,
    clientAuthentication: await clientAuthentication(request.headers.authorization, params, client),
    at,
  };
}

async function clientAuthentication(authorization: string | undefined, params: URLSearchParams, client: Client) {
  const secret = params.get('client_secret');
  const basic = authorization?.startsWith('Basic ') ? authorization.slice('Basic '.length) : undefined;
  if (basic !== undefined) return secret === null && matchesBasic(basic, client) ? 'basic' : 'bad';
  const assertion = params.get('client_assertion');
  if (assertion !== null) return (await matchesAssertion(assertion, client)) ? 'jwt' : 'bad';
  if (secret === null) return 'none';
  return secret === client.client_secret && params.get('client_id') === client.client_id ? 'post' : 'bad';
}

/** RFC 7523 §3. */
async function matchesAssertion(assertion: string, { client_id, jwk }: Client): Promise<boolean> {
  if (!jwk) return false;
  const verified = await jwtVerify(assertion, jwk, { issuer: client_id, subject: client_id }).catch(() => undefined);
  return verified !== undefined;
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. Our default secret has a colon, a plus and a percent sign. */
function matchesBasic(credentials: string, client: Client): boolean {
  const halves = Buffer.from(credentials, 'base64').toString().split(':');
  const [id, secret] = halves.map(half => new URLSearchParams(`x=${half}`).get('x'));
  return halves.length === 2 && id === client.client_id && secret === client.client_secret;
}
