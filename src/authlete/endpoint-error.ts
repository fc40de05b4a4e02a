import { AuthleteError } from './authlete-error.js';
import { HostFailure } from './host-failure.js';

/** Codes of our own: RFC 6749 §5.2, RFC 6750 §3.1, RFC 9449 §5; the last two are of RFC 6749 §4.1.2.1, for want of better ones. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'unsupported_grant_type'
  | 'server_error'
  | 'temporarily_unavailable';

/**
 * An answer that is ours and not Authlete's: a refusal, or a failure. `description` is for the client's developers, in the characters of RFC 6749
 * §5.2, and repeats nothing of the request.
 */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  constructor(
    readonly status: number,
    readonly code: OAuthErrorCode,
    readonly description: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
  }
}

/** For a 401 to a client that used `Authorization`, in the scheme that is served (RFC 6749 §5.2). */
export const BASIC_CHALLENGE = 'Basic realm="OAuth client", charset="UTF-8"';

/** Seconds. */
const RETRY_AFTER = '5';

export function invalidRequest(description: string, status = 400): EndpointError {
  return new EndpointError(status, 'invalid_request', description);
}

export function methodNotAllowed(methods: readonly string[]): EndpointError {
  const headers = { Allow: methods.join(', ') };
  return new EndpointError(405, 'invalid_request', 'This address does not take that method.', headers);
}

/** A call of ours that failed, to Authlete or to the host, says nothing about the client's request, and nothing of it leaves. */
export function failureOf(thrown: unknown): EndpointError {
  if (thrown instanceof EndpointError) return thrown;
  if (thrown instanceof HostFailure || (thrown instanceof AuthleteError && thrown.passes)) {
    const headers = { 'Retry-After': RETRY_AFTER };
    return new EndpointError(503, 'temporarily_unavailable', 'Please try again in a moment.', headers);
  }
  return new EndpointError(500, 'server_error', 'The request could not be processed.');
}
