import { provenTokenOf } from '../access-token.js';
import { answer, type Answer, OAuthError } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/** Authlete API v3, auth/introspection: for a resource server. */
export async function introspection(call: Properties, state: State): Promise<Answer> {
  const record = await provenTokenOf(call, state);
  const missing = (call.texts('scopes') ?? []).filter(scope => !record.scopes.includes(scope));
  if (missing.length > 0) {
    throw new OAuthError('EMU-SCOPE', 'insufficient_scope', `The access token lacks ${missing.join(' ')}.`);
  }
  const subject = call.text('subject');
  if (subject !== undefined && subject !== record.grant.subject) {
    throw new OAuthError('EMU-SUBJECT', 'insufficient_scope', 'The access token is of another subject.');
  }
  // doc: code, message and content (Property, an example)
  return answer('A056001', 'The access token is valid.', 'OK', {
    responseContent: 'Bearer error="invalid_request"',
    clientId: record.grant.request.clientId,
    subject: record.grant.subject,
    ...(record.grant.authTime !== undefined && { authTime: record.grant.authTime }),
    scopes: record.scopes,
    expiresAt: record.accessTokenExpiresAt * 1000,
    existent: true,
    usable: true,
    sufficient: true,
    refreshable: record.refreshToken !== undefined,
  });
}
