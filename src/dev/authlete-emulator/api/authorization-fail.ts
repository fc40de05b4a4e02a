import { authorizationResponse } from '../authorization-response.js';
import { type Answer, OAuthError } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';
import { takeTicket } from './authorization-issue.js';

/** The vendor's AuthorizationFailRequest.Reason: each says which error it results in. */
const ERRORS: Readonly<Record<string, string>> = {
  UNKNOWN: 'server_error',
  NOT_LOGGED_IN: 'login_required',
  MAX_AGE_NOT_SUPPORTED: 'login_required',
  EXCEEDS_MAX_AGE: 'login_required',
  DIFFERENT_SUBJECT: 'login_required',
  ACR_NOT_SATISFIED: 'unmet_authentication_requirements',
  DENIED: 'access_denied',
  SERVER_ERROR: 'server_error',
  NOT_AUTHENTICATED: 'login_required',
  ACCOUNT_SELECTION_REQUIRED: 'account_selection_required',
  CONSENT_REQUIRED: 'consent_required',
  INTERACTION_REQUIRED: 'interaction_required',
  INVALID_TARGET: 'invalid_target',
  INVALID_SCOPE: 'invalid_scope',
  UNAUTHORIZED_CLIENT: 'unauthorized_client',
  TEMPORARILY_UNAVAILABLE: 'temporarily_unavailable',
};

/** Authlete API v3, auth/authorization/fail. No source for its codes. */
export function authorizationFail(call: Properties, state: State): Answer {
  const reason = call.text('reason') ?? '';
  const error = ERRORS[reason];
  if (error === undefined) throw new OAuthError('EMU-REASON', 'invalid_request', 'reason is missing or unknown.');
  const { request } = takeTicket(call, state);
  const message = call.text('description') ?? `The request ended with ${reason}.`;
  const members = { error, error_description: `[EMU-FAIL] ${message}` };
  return authorizationResponse(request, state, ['EMU-FAIL', message], members);
}
