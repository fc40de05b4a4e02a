import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createLocalJWKSet, type JWTPayload } from 'jose';
import { Agent, fetch } from 'undici';
import { selfSigned } from './certificates.js';
import { KEEP_ALIVE, listen } from './hostile/listen.js';
import { certificateOf, checkToken, type Presented, proofOf, Refused, thumbprintOf } from './strict-api/checks.js';

export type Bound = 'dpop' | 'certificate';

export interface StrictCall {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  /** Why it was refused. */
  refused: string | undefined;
  /** The claims of a valid proof. */
  proof: JWTPayload | undefined;
  /** What a valid token was bound to. */
  confirmation: Presented['confirmation'] | undefined;
  /** `x5t#S256` of the certificate that was shown. */
  certificate: string | undefined;
}

/** An API behind TLS that takes nothing but tokens bound to their sender, and checks all of it. */
export class StrictApi {
  calls: StrictCall[] = [];
  /** The nonce that proofs must have; none is wanted while there's none. */
  nonce: string | undefined;
  /** Whether answers to good proofs bring the nonce, too. */
  tellsNonce = true;
  /** Instead of `{"ok":true}`, for a call that passes. */
  reply: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  private readonly used = new Set<string>();
  private keys: ReturnType<typeof fetchKeys> | undefined;

  constructor(
    private readonly server: ReturnType<typeof createServer>,
    /** `https://127.0.0.1:<port>` */
    readonly origin: string,
    /** PEM: who vouches for it. */
    readonly ca: string,
    private readonly expected: { issuer: string; ca: string; audience: string; bound: Bound },
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.serve(request, response));
  }

  beHonest(): void {
    this.calls = [];
    this.nonce = undefined;
    this.tellsNonce = true;
    this.reply = undefined;
  }

  /** From now on proofs need another nonce. */
  renewNonce(): string {
    return (this.nonce = randomUUID());
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { method = '', url = '', headers } = request;
    const found = { refused: undefined, proof: undefined, confirmation: undefined };
    const call: StrictCall = { method, url, headers, certificate: thumbprintOf(request), ...found };
    this.calls.push(call);
    try {
      await this.check(request, call);
      if (this.nonce !== undefined && this.tellsNonce) response.setHeader('DPoP-Nonce', this.nonce);
      if (this.reply) await this.reply(request, response);
      else response.setHeader('Content-Type', 'application/json').end('{"ok":true}');
    } catch (error) {
      const { message, error: code } = error instanceof Refused ? error : new Refused(String(error));
      call.refused = message;
      response.setHeader('WWW-Authenticate', `DPoP algs="ES256", error="${code}"`);
      if (this.nonce !== undefined) response.setHeader('DPoP-Nonce', this.nonce);
      response.writeHead(401).end();
    }
  }

  private async check(request: IncomingMessage, call: StrictCall): Promise<void> {
    const presented = this.expected.bound === 'dpop' ? await this.checkProof(request, call) : certificateOf(request);
    this.keys ??= fetchKeys(this.expected);
    await checkToken(presented, await this.keys, this.expected);
    call.confirmation = presented.confirmation;
  }

  private async checkProof(request: IncomingMessage, call: StrictCall): Promise<Presented> {
    const { proof, ...presented } = await proofOf(request, this.origin);
    call.proof = proof;
    if (this.nonce !== undefined && proof['nonce'] !== this.nonce) throw new Refused('another nonce', 'use_dpop_nonce');
    const { jti = '' } = proof;
    if (this.used.has(jti)) throw new Refused('a proof comes twice', 'invalid_dpop_proof');
    this.used.add(jti);
    return presented;
  }
}

export async function startStrictApi(
  { issuer, ca: caOfIssuer }: { issuer: string; ca: string },
  audience: string,
  bound: Bound,
): Promise<StrictApi> {
  const { cert, key } = await selfSigned('127.0.0.1');
  const tls = { cert, key, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...tls, keepAliveTimeout: KEEP_ALIVE });
  const origin = `https://127.0.0.1:${await listen(server)}`;
  return new StrictApi(server, origin, cert, { issuer, ca: caOfIssuer, audience, bound });
}

async function fetchKeys({ issuer, ca }: { issuer: string; ca: string }) {
  const dispatcher = new Agent({ connect: { ca } });
  const read = async (url: string) => (await fetch(url, { dispatcher })).json();
  try {
    // the two documents as oidc-provider writes them
    const { jwks_uri } = (await read(`${issuer}/.well-known/openid-configuration`)) as { jwks_uri: string };
    return createLocalJWKSet((await read(jwks_uri)) as Parameters<typeof createLocalJWKSet>[0]);
  } finally {
    await dispatcher.close();
  }
}
