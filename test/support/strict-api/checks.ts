import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { calculateJwkThumbprint, type createLocalJWKSet, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';

export class Refused extends Error {
  constructor(
    reason: string,
    readonly error = 'invalid_token',
  ) {
    super(reason);
  }
}

/** What a caller showed: an access token, and what that must be bound to. */
export interface Presented {
  token: string;
  confirmation: { jkt: string } | { 'x5t#S256': string };
}

/** RFC 9449 §4.3, in its order. Whoever calls has to see to the nonce and that no `jti` comes twice. */
export async function proofOf(request: IncomingMessage, origin: string): Promise<Presented & { proof: JWTPayload }> {
  const token = credentials(request, 'DPoP');
  const [proof = '', second] = request.headersDistinct['dpop'] ?? [];
  if (second !== undefined) throw new Refused('two DPoP headers', 'invalid_dpop_proof');
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
    maxTokenAge: 60,
    clockTolerance: 5,
  });
  const { jwk = {} } = protectedHeader;
  if ('d' in jwk) throw new Refused('the proof shows the private key', 'invalid_dpop_proof');
  const expected = { htm: request.method, htu: origin + (request.url ?? '').split('?')[0], ath: sha256(token) };
  for (const [claim, value] of Object.entries(expected)) {
    if (payload[claim] !== value) throw new Refused(`${claim} is ${String(payload[claim])}`, 'invalid_dpop_proof');
  }
  return { token, confirmation: { jkt: await calculateJwkThumbprint(jwk) }, proof: payload };
}

export function certificateOf(request: IncomingMessage): Presented {
  const token = credentials(request, 'Bearer');
  const thumbprint = thumbprintOf(request);
  if (thumbprint === undefined) throw new Refused('no certificate');
  return { token, confirmation: { 'x5t#S256': thumbprint } };
}

/** `x5t#S256` of the certificate that came with the connection. */
export function thumbprintOf({ socket }: IncomingMessage): string | undefined {
  // a connection of ours is always TLS
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  return certificate && sha256(certificate.raw);
}

/** RFC 9068 §4, and `cnf`: RFC 9449 §6.1, RFC 8705 §3.1. */
export async function checkToken(
  { token, confirmation }: Presented,
  keys: ReturnType<typeof createLocalJWKSet>,
  { issuer, audience }: { issuer: string; audience: string },
): Promise<void> {
  const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', clockTolerance: 5 });
  if (JSON.stringify(payload['cnf']) !== JSON.stringify(confirmation)) {
    throw new Refused(`cnf is ${JSON.stringify(payload['cnf'])}, not ${JSON.stringify(confirmation)}`);
  }
}

function credentials({ headers }: IncomingMessage, scheme: string): string {
  const [given, token, ...more] = headers.authorization?.split(' ') ?? [];
  if (given !== scheme || token === undefined || more.length > 0) throw new Refused(`the scheme is ${given}`);
  return token;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('base64url');
}
