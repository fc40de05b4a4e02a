import { authenticateClient } from '../client-authentication.js';
import { answer, type Answer, OAuthError } from '../oauth-error.js';
import { given, parametersOf } from '../parameters.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/**
 * Authlete API v3, auth/revocation; RFC 7009 §2. With one token goes everything that was issued on the same grant, as §2.1 allows; no source for
 * what the vendor does there.
 */
export async function revocation(call: Properties, state: State): Promise<Answer> {
  const parameters = parametersOf(call);
  const client = await authenticateClient(call, parameters, state);
  const token = given(parameters, 'token');
  if (token === undefined) throw new OAuthError('EMU-NO-TOKEN', 'invalid_request', 'token is missing.');
  const found = state.tokens.find(record => [record.accessToken, record.refreshToken].includes(token));
  if (found && found.grant.request.clientId !== client.text('clientId')) {
    // RFC 7009 §2.1: refused
    throw new OAuthError('EMU-FOREIGN-TOKEN', 'invalid_request', 'The token is another client’s.');
  }
  if (found) state.tokens = state.tokens.filter(record => record.grant !== found.grant);
  // doc; RFC 7009 §2.2: so too when there is no such token
  return answer('A113001', 'The token was revoked, or was not there.', 'OK', { responseContent: '' });
}
