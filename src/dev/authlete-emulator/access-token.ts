import { OAuthError } from './oauth-error.js';
import type { Properties } from './properties.js';
import type { TokenRecord } from './records.js';
import type { State } from './state.js';
import { findAccessToken } from './tokens.js';

/** The token of a call of userinfo or introspection, in order (RFC 6750 §3.1). */
export function accessTokenOf(call: Properties, state: State): TokenRecord {
  const token = call.text('token');
  if (!token) throw new OAuthError('EMU-NO-TOKEN', 'invalid_request', 'The request has no access token.');
  const record = findAccessToken(token, state);
  // com: its code, for one that isn't there
  if (!record) throw new OAuthError('A088302', 'invalid_token', 'The access token does not exist.');
  return record;
}
