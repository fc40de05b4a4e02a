import type { Request } from 'express';
import { BffError, LOGIN_ERRORS, type LoginError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { failureOf } from '../oauth-client/failure.js';
import { problemOf } from './authorization-server-problem.js';
import { queryOf } from './request-parameters.js';

/** The authorization response (RFC 6749 §4.1.2, RFC 9207 §2), as it came: nothing of it is believed yet. */
export interface AuthorizationResponse {
  state: string | undefined;
  iss: string | undefined;
  code: string | undefined;
  error: string | undefined;
  errorDescription: string | undefined;
}

export function readAuthorizationResponse(request: Request): AuthorizationResponse {
  const query = queryOf(request);
  const {
    state,
    iss,
    code,
    error,
    error_description: errorDescription,
  } = Object.fromEntries(query) as Record<string, string | undefined>;
  if (code === undefined && error === undefined)
    throw new BffError('invalid_request', { reason: 'neither code nor error' });
  if (code !== undefined && error !== undefined)
    throw new BffError('invalid_request', { reason: 'both code and error' });
  return { state, iss, code, error, errorDescription };
}

/**
 * RFC 9207 §2.4: `iss` is the issuer of this attempt, compared as a string; missing only where it isn't advertised. For error responses, too (A2):
 * else another server could end an attempt, or have one retried.
 */
export async function checkIssuer({ iss }: AuthorizationResponse, frontend: Frontend): Promise<void> {
  const missing = iss === undefined && (await sendsIssuer(frontend));
  if (missing || (iss !== undefined && iss !== frontend.options.issuer)) {
    throw new BffError('authorization_response_refused', {
      reason: missing ? 'iss is missing' : 'iss is another issuer’s',
    });
  }
}

async function sendsIssuer({ client }: Frontend): Promise<boolean> {
  try {
    return await client.sendsIssuer();
  } catch (error) {
    throw problemOf(failureOf(error));
  }
}

/** An authorization server's `error` in our own closed list (OpenID Connect Core §3.1.2.6). */
export function loginErrorOf(error: string): LoginError {
  if (error === 'invalid_request_uri') return 'request_expired';
  if (error === 'server_error') return 'temporarily_unavailable';
  const relayed = LOGIN_ERRORS.slice(0, 6).find(known => known === error);
  return relayed ?? 'login_failed';
}
