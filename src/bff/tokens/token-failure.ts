import type { Events } from '../events.js';
import type { AuthorizationServerFailure } from '../oauth-client/failure.js';

/** A token request for a route's own token came to nothing. */
export function recordTokenFailure(
  events: Events,
  grantType: 'client_credentials' | 'token_exchange',
  { outcome, error, errorDescription, status, message }: AuthorizationServerFailure,
  at: { frontend: string; session?: string },
): void {
  const said = { error: error ?? message, errorDescription };
  const { frontend } = at;
  if (outcome === 'invalid_client')
    events.record({ event: 'client_rejected', frontend, endpoint: 'token', status, error, errorDescription });
  events.record({ event: 'token_request_failed', grantType, outcome, ...said, ...at });
}
