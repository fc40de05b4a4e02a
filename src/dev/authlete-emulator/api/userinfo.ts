import { provenTokenOf, requireOpenId } from '../access-token.js';
import { answer, type Answer } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import { claimNames, conditions } from '../requested-claims.js';
import type { State } from '../state.js';

/** Authlete API v3, auth/userinfo: whose token it is, and which claims the client gets. */
export async function userinfo(call: Properties, state: State): Promise<Answer> {
  const record = await provenTokenOf(call, state, 'userInfoEndpoint');
  requireOpenId(record);
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
