import type { IncomingMessage } from 'node:http';
import { dpopOf, ONE_PROOF } from './client-request.js';
import { EndpointError } from './endpoint-error.js';
import { hasBody, readForm } from './form-body.js';

/** RFC 6750 §2.1 (b64token), RFC 9449 §7.1. */
const HEADER = /^(?:bearer|dpop) +([\w.~+/-]+=*)$/i;

/** The one access token of a request: in its `Authorization`, or in its form (RFC 6750 §2). In the query it would stand in logs (§5.3). */
export async function readAccessToken(request: IncomingMessage, limit: number): Promise<string> {
  const [header, ...more] = request.headersDistinct.authorization ?? [];
  if (more.length > 0)
    throw refusedToken(400, 'invalid_request', 'The Authorization header stands there more than once.');
  const inForm = hasBody(request) ? new URLSearchParams(await readForm(request, limit)).get('access_token') : null;
  if (header !== undefined && inForm !== null)
    throw refusedToken(400, 'invalid_request', 'There are two access tokens.');
  if (header === undefined && inForm === null) throw noToken();
  const token = inForm ?? HEADER.exec(header ?? '')?.[1];
  if (!token) throw refusedToken(401, 'invalid_token', 'The access token is malformed.', schemeOf(request));
  return token;
}

/** RFC 9449 §7.1: whoever names that scheme has a proof, too; and a wrong one is refused in that scheme. */
export function readProof(request: IncomingMessage): { dpop?: string; htm?: string } {
  const refused = () => refusedToken(401, 'invalid_dpop_proof', ONE_PROOF, 'DPoP');
  const proof = dpopOf(request, refused);
  if (proof.dpop === undefined && schemeOf(request) === 'DPoP') throw refused();
  return proof;
}

function schemeOf({ headers: { authorization = '' } }: IncomingMessage): 'Bearer' | 'DPoP' {
  return /^dpop(?: |$)/i.test(authorization) ? 'DPoP' : 'Bearer';
}

/** RFC 6750 §3: the challenge says what is wrong. */
export function refusedToken(
  status: 400 | 401,
  code: 'invalid_request' | 'invalid_token' | 'invalid_dpop_proof',
  description: string,
  scheme: 'Bearer' | 'DPoP' = 'Bearer',
): EndpointError {
  const challenge = `${scheme} error="${code}", error_description="${description}"`;
  return new EndpointError(status, code, description, { 'WWW-Authenticate': challenge });
}

/** RFC 6750 §3.1: whoever didn't know that a token is needed gets no error code in the challenge. */
function noToken(): EndpointError {
  const headers = { 'WWW-Authenticate': 'Bearer, DPoP' };
  return new EndpointError(401, 'invalid_token', 'There is no access token.', headers);
}
