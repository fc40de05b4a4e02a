import { accessTokenOf, requireOpenId } from '../access-token.js';
import { signUserInfo } from '../id-token.js';
import { answer, type Answer } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/** Authlete API v3, auth/userinfo/issue: JSON, or a JWT for a client that wants it signed (`userInfoSignAlg`). */
export async function userinfoIssue(call: Properties, state: State): Promise<Answer> {
  const record = accessTokenOf(call, state);
  requireOpenId(record);
  const { grant } = record;
  const members = { ...call.json('claims'), sub: call.text('sub') ?? grant.subject };
  if (state.client(grant.request.clientId)?.text('userInfoSignAlg') === 'ES256') {
    return answer('EMU-USERINFO-JWT', 'A userinfo response was made.', 'JWT', {
      responseContent: await signUserInfo(members, grant, state),
    });
  }
  return answer('EMU-USERINFO-JSON', 'A userinfo response was made.', 'JSON', {
    responseContent: JSON.stringify(members),
  });
}
