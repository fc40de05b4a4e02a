import { accessTokenOf } from '../access-token.js';
import { answer, type Answer, OAuthError } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import { claimNames, conditions } from '../requested-claims.js';
import type { TokenRecord } from '../records.js';
import type { State } from '../state.js';

/** Authlete API v3, auth/userinfo: whose token it is, and which claims the client gets. */
export function userinfo(call: Properties, state: State): Answer {
  const record = openIdToken(call, state);
  const { request, subject } = record.grant;
  const userInfoClaims = conditions(request.parameters, 'userinfo');
  return answer('EMU-USERINFO', 'The access token is valid.', 'OK', {
    token: record.accessToken,
    clientId: request.clientId,
    subject,
    scopes: record.scopes,
    claims: claimNames({ ...request, scopes: record.scopes }, 'userinfo'),
    ...(Object.keys(userInfoClaims).length > 0 && { userInfoClaims: JSON.stringify(userInfoClaims) }),
  });
}

/** The vendor's UserInfoResponse: FORBIDDEN is a token without `openid`. */
export function openIdToken(call: Properties, state: State): TokenRecord {
  const record = accessTokenOf(call, state);
  if (record.scopes.includes('openid')) return record;
  throw new OAuthError('EMU-NO-OPENID', 'insufficient_scope', 'The access token does not have the scope openid.');
}
