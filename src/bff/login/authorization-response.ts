import type { Request } from 'express';
import type { ResponseMode } from '../bff.options.js';
import { BffError, LOGIN_ERRORS, type LoginError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { failureOf } from '../oauth-client/failure.js';
import { unverifiedResponse } from '../oauth-client/signed-response.js';
import { problemOf } from '../authorization-server-problem.js';
import { postedForm } from './posted-form.js';
import { queryOf } from './request-parameters.js';

/** The authorization response (RFC 6749 §4.1.2, RFC 9207 §2), as it came: nothing of it is believed yet. */
export interface AuthorizationResponse {
  state: string | undefined;
  iss: string | undefined;
  code: string | undefined;
  error: string | undefined;
  errorDescription: string | undefined;
  parameters: URLSearchParams;
  /** It says so in this JWT (JARM §2), whose signature nobody has looked at. */
  jwt?: string;
}

export async function readAuthorizationResponse(request: Request, frontend: Frontend): Promise<AuthorizationResponse> {
  const posted = request.method === 'POST';
  const parameters = posted ? await postedForm(request) : queryOf(request);
  if (!cameAsAsked(parameters, posted, frontend.options.responseMode))
    throw new BffError('authorization_response_refused', {
      reason: 'the response came in another mode than asked for',
    });
  const jwt = parameters.get('response');
  if (jwt === null) return responseIn(parameters);
  const claimed = unverifiedResponse(jwt);
  if (!claimed) throw new BffError('authorization_response_refused', { reason: 'the response is no signed JWT' });
  return { ...responseIn(claimed), jwt };
}

/** Whoever could choose would leave the signature out, or put the code into a URL. */
function cameAsAsked(parameters: URLSearchParams, posted: boolean, mode: ResponseMode): boolean {
  const asked = posted === mode.startsWith('form_post');
  const plain = ['code', 'error'].some(name => parameters.has(name));
  if (mode.endsWith('.jwt')) return asked && parameters.has('response') && !plain;
  // a server that has lost the request doesn't know its response_mode either (RFC 9126 §4)
  return !parameters.has('response') && (asked || !parameters.has('code'));
}

function responseIn(parameters: URLSearchParams): AuthorizationResponse {
  const {
    state,
    iss,
    code,
    error,
    error_description: errorDescription,
  } = Object.fromEntries(parameters) as Record<string, string | undefined>;
  if (code === undefined && error === undefined)
    throw new BffError('invalid_request', { reason: 'neither code nor error' });
  if (code !== undefined && error !== undefined)
    throw new BffError('invalid_request', { reason: 'both code and error' });
  return { state, iss, code, error, errorDescription, parameters };
}

/** For an attempt that is this browser's: what is signed is verified, whole (A3), and what comes out is what was signed. */
export async function verifiedResponse(
  { jwt, ...response }: AuthorizationResponse,
  { client }: Frontend,
): Promise<AuthorizationResponse> {
  if (jwt === undefined) return response;
  try {
    return responseIn(await client.verifiedResponse(jwt, response.state));
  } catch (error) {
    const failure = failureOf(error);
    if (failure.outcome === 'unavailable') throw problemOf(failure);
    throw new BffError('authorization_response_refused', { reason: failure.message, cause: error });
  }
}

/**
 * RFC 9207 §2.4: `iss` is the issuer of this attempt, compared as a string; missing only where nothing promises it. For error responses, too (A2):
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
