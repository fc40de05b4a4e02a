import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { listen } from './processes.ts';

export const CLIENT_ID = 'parlour-bench';
/** Milliseconds that a token call takes. */
export const TOKEN_CALL = 500;

export interface AuthorizationServer {
  issuer: string;
  /** How long each token call took, in milliseconds, from its arrival to its answer. */
  tokenCalls: number[];
  logoutToken(sid: string): Promise<string>;
  close(): void;
}

/** On loopback; it knows refreshes and logout tokens, which is all that a session needs after its login. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const tokenCalls: number[] = [];
  const token = async () => {
    const began = performance.now();
    await delay(TOKEN_CALL);
    tokenCalls.push(performance.now() - began);
    return { access_token: random(900), refresh_token: random(100), token_type: 'Bearer', expires_in: 3600 };
  };
  const answers: Record<string, () => object | Promise<object>> = {
    '/.well-known/openid-configuration': () => metadata(issuer),
    '/jwks': () => ({ keys: [key] }),
    '/token': token,
  };
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const answer = answers[request.url ?? ''];
    request.resume();
    if (!answer) return void response.writeHead(404).end();
    void Promise.resolve(answer()).then(body =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const logoutToken = (sid: string) =>
    new SignJWT({ sid, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setAudience(CLIENT_ID)
      .setIssuedAt()
      .setExpirationTime('2 min')
      .setJti(randomUUID())
      .sign(privateKey);
  return { issuer, tokenCalls, logoutToken, close: () => server.close().closeAllConnections() };
}

function metadata(issuer: string) {
  const endpoints = ['authorization', 'token', 'pushed_authorization_request'];
  return {
    issuer,
    ...Object.fromEntries(endpoints.map(name => [`${name}_endpoint`, `${issuer}/${name}`])),
    jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** That many characters, which nothing compresses any better than the tokens of real servers. */
export function random(characters: number): string {
  return randomBytes(characters).toString('base64url').slice(0, characters);
}
