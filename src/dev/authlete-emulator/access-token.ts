import { dpopThumbprint } from './dpop.js';
import { OAuthError } from './oauth-error.js';
import type { Properties } from './properties.js';
import type { TokenRecord } from './records.js';
import type { State } from './state.js';
import { findAccessToken } from './tokens.js';

/** The token of a call, in force (RFC 6750 §3.1). */
export function accessTokenOf(call: Properties, state: State): TokenRecord {
  const token = call.text('token');
  if (!token) throw new OAuthError('EMU-NO-TOKEN', 'invalid_request', 'The request has no access token.');
  const record = findAccessToken(token, state);
  // com: its code, for one that isn't there
  if (!record) throw new OAuthError('A088302', 'invalid_token', 'The access token does not exist.');
  return record;
}

/** RFC 9449 §7.1: one that is bound to a key comes with a proof; a resource server says itself where that was sent. */
export async function provenTokenOf(
  call: Properties,
  state: State,
  endpoint?: 'userInfoEndpoint',
): Promise<TokenRecord> {
  const record = accessTokenOf(call, state);
  const { jkt, accessToken } = record;
  if (jkt === undefined) return record;
  if ((await dpopThumbprint(call, state, { method: 'GET', endpoint, accessToken })) === jkt) return record;
  throw new OAuthError(
    'EMU-TOKEN-BOUND',
    'invalid_token',
    'The access token is bound to a DPoP key, and there is no proof of it.',
  );
}

/** The vendor's UserInfoResponse: FORBIDDEN is a token without `openid`. */
export function requireOpenId({ scopes }: TokenRecord): void {
  if (scopes.includes('openid')) return;
  throw new OAuthError('EMU-NO-OPENID', 'insufficient_scope', 'The access token does not have the scope openid.');
}
