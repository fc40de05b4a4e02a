import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Answer, Logins, tokens } from './server-logins.ts';
import { listen } from './processes.ts';

export const CLIENT_ID = 'parlour-bench';
/** Milliseconds that a token call takes. */
export const TOKEN_CALL = 500;

/** Seconds. */
const HOUR = 3600;

export interface AuthorizationServer {
  issuer: string;
  /** How long each token call took, in milliseconds, from its arrival to its answer. */
  tokenCalls: number[];
  logoutToken(sid: string): Promise<string>;
  close(): void;
}

/**
 * On loopback. Whoever comes is logged in, and a token call of a login takes no time; those of refreshes take `call` milliseconds. Access tokens live for `lifetime` seconds, idle connections for
 * `idle`. */
export async function startAuthorizationServer({
  lifetime = HOUR,
  call = TOKEN_CALL,
  idle = 600,
} = {}): Promise<AuthorizationServer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const sign = (claims: JWTPayload, typ: string) =>
    new SignJWT({ iss: issuer, aud: CLIENT_ID, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ })
      .setIssuedAt()
      .sign(privateKey);
  const tokenCalls: number[] = [];
  const idToken = (claims: JWTPayload) => sign({ ...claims, exp: Math.floor(Date.now() / 1000) + HOUR }, 'JWT');
  const logins = new Logins(idToken, lifetime);
  const refreshed = async () => {
    const began = performance.now();
    await delay(call);
    tokenCalls.push(performance.now() - began);
    return tokens(lifetime);
  };
  const answers: Record<string, (parameters: URLSearchParams) => Answer | Promise<Answer>> = {
    '/.well-known/openid-configuration': () => metadata(issuer),
    '/jwks': () => ({ keys: [key] }),
    '/pushed_authorization_request': parameters => logins.push(parameters),
    '/authorization': parameters => logins.authorize(parameters, issuer),
    '/token': parameters => (parameters.has('code') ? logins.redeem(parameters) : refreshed()),
  };
  const server = createServer({ keepAliveTimeout: idle * 1000 }, (request, response) => {
    const [path = '', query] = (request.url ?? '').split('?');
    const answer = answers[path];
    if (!answer) return void response.writeHead(404).end();
    void parametersOf(request, query)
      .then(answer)
      .then(found => send(response, found));
  });
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const logoutToken = (sid: string) =>
    sign({ sid, events, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 120 }, 'logout+jwt');
  return { issuer, tokenCalls, logoutToken, close: () => server.close().closeAllConnections() };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer instanceof URL) return void response.writeHead(303, { location: answer.href }).end();
  const status = 'request_uri' in answer ? 201 : 200;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

async function parametersOf(request: IncomingMessage, query?: string): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(query ?? body);
}

function metadata(issuer: string) {
  const endpoints = ['authorization', 'token', 'pushed_authorization_request'];
  return {
    issuer,
    ...Object.fromEntries(endpoints.map(name => [`${name}_endpoint`, `${issuer}/${name}`])),
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
  };
}
