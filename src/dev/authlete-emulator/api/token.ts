import { authorizationCodeGrant } from '../authorization-code-grant.js';
import { authenticateClient } from '../client-authentication.js';
import { dpopThumbprint } from '../dpop.js';
import { type Answer, OAuthError } from '../oauth-error.js';
import { given, parametersOf } from '../parameters.js';
import type { Properties } from '../properties.js';
import { refreshTokenGrant } from '../refresh-token-grant.js';
import type { State } from '../state.js';
import type { TokenCall } from '../tokens.js';

/** `grant_type`, the name it has in the vendor's GrantType, and what it does. */
const GRANTS: Readonly<Record<string, readonly [string, (call: TokenCall) => Answer | Promise<Answer>]>> = {
  authorization_code: ['AUTHORIZATION_CODE', authorizationCodeGrant],
  refresh_token: ['REFRESH_TOKEN', refreshTokenGrant],
};

/** Authlete API v3, auth/token. The other grants, which the vendor hands back with actions of their own, aren't emulated. */
export async function token(call: Properties, state: State): Promise<Answer> {
  const parameters = parametersOf(call);
  const client = await authenticateClient(call, parameters, state);
  const [name, grant] = GRANTS[given(parameters, 'grant_type') ?? ''] ?? [];
  if (!name || !grant || !state.service.texts('supportedGrantTypes')?.includes(name)) {
    throw new OAuthError('EMU-GRANT-TYPE', 'unsupported_grant_type', 'The service does without this grant_type.');
  }
  if (!client.texts('grantTypes')?.includes(name)) {
    throw new OAuthError('EMU-CLIENT-GRANT-TYPE', 'unauthorized_client', 'The client may not use this grant_type.');
  }
  const jkt = await dpopThumbprint(call, state, { method: 'POST', endpoint: 'tokenEndpoint' });
  return grant({ parameters, client, state, ...(jkt !== undefined && { jkt }) });
}
