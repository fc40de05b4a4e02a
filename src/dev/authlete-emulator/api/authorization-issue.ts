import { authorizationResponse } from '../authorization-response.js';
import { signIdToken } from '../id-token.js';
import { type Answer, OAuthError } from '../oauth-error.js';
import { unguessable } from '../options.js';
import { given, words } from '../parameters.js';
import type { Properties } from '../properties.js';
import type { Grant, Ticket } from '../records.js';
import type { State } from '../state.js';
import { usedRequestUri } from './authorization.js';

/** Authlete API v3, auth/authorization/issue: the user has agreed. */
export async function authorizationIssue(call: Properties, state: State): Promise<Answer> {
  const { request } = takeTicket(call, state);
  const grant = grantOf(call, request);
  const code = unguessable();
  state.codes.put(code, { grant, used: false }, state.duration('authorizationCodeDuration'));
  const hybrid = words(given(request.parameters, 'response_type')).includes('id_token');
  const idToken = hybrid ? await signIdToken(grant, state, code) : undefined;
  const members = { code, id_token: idToken };
  const issued = authorizationResponse(request, state, ['A040001', 'An authorization code was issued.'], members);
  return { ...issued, authorizationCode: code, ...(idToken !== undefined && { idToken }) };
}

/**
 * Once, as the vendor says: BAD_REQUEST when it was deleted or has expired. The request_uri is used up with it; at which moment the vendor does
 * that has no source.
 */
export function takeTicket(call: Properties, state: State): Ticket {
  const ticket = state.tickets.take(call.text('ticket') ?? '');
  if (!ticket) throw new OAuthError('EMU-TICKET', 'invalid_request', 'The ticket is unknown or has expired.');
  const pushed = ticket.requestUri === undefined ? undefined : state.pushed.get(ticket.requestUri);
  if (pushed?.used) throw usedRequestUri();
  if (pushed) pushed.used = true;
  return ticket;
}

/** `scopes` replaces what was asked for, but can't add `openid` (Authlete API v3). */
function grantOf(call: Properties, request: Ticket['request']): Grant {
  const subject = call.text('subject');
  if (subject === undefined) throw new OAuthError('EMU-NO-SUBJECT', 'invalid_request', 'subject is missing.');
  const [authTime, acr, scopes] = [call.number('authTime'), call.text('acr'), call.texts('scopes') ?? request.scopes];
  return {
    request,
    subject,
    scopes: scopes.filter(scope => scope !== 'openid' || request.scopes.includes(scope)),
    claims: call.json('claims') ?? {},
    ...(authTime !== undefined && { authTime }),
    ...(acr !== undefined && { acr }),
  };
}
