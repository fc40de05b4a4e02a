import { BffError, type ProblemCode } from './errors.js';
import type { AuthorizationServerFailure, FailureOutcome } from './oauth-client/failure.js';

const CODES: Record<FailureOutcome, ProblemCode> = {
  unavailable: 'authorization_server_unavailable',
  invalid_client: 'authorization_server_rejected_client',
  invalid_grant: 'authorization_server_refused_request',
  refused: 'authorization_server_refused_request',
  misconfigured: 'authorization_server_misconfigured',
};

type Told = Pick<AuthorizationServerFailure, 'outcome' | 'retryAfter' | 'message'>;

/** What a failure of the authorization server is to the browser. */
export function problemOf({ outcome, retryAfter, message }: Told): BffError {
  return new BffError(CODES[outcome], { reason: message, ...(retryAfter !== undefined && { retryAfter }) });
}
