import { checkAuthorizationRequest } from '../authorization-request.js';
import { authenticateClient, methodOf } from '../client-authentication.js';
import { dpopThumbprint } from '../dpop.js';
import { answer, type Answer, OAuthError } from '../oauth-error.js';
import { unguessable } from '../options.js';
import { parametersOf } from '../parameters.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/** Authlete API v3, pushed_auth_req; RFC 9126 §2. */
export async function pushedAuthReq(call: Properties, state: State): Promise<Answer> {
  const parameters = parametersOf(call);
  const client = await authenticateClient(call, parameters, state);
  // RFC 9126 §2.1
  if (parameters.has('request_uri')) {
    throw new OAuthError('EMU-PUSHED-REQUEST-URI', 'invalid_request', 'request_uri may not be pushed.');
  }
  const jkt = await dpopThumbprint(call, state, { method: 'POST', endpoint: 'pushedAuthReqEndpoint' });
  const checked = checkAuthorizationRequest(parameters, client, state);
  // RFC 9449 §10.1: a proof at the PAR endpoint binds the code
  const request = { ...checked, ...(jkt !== undefined && { jkt }) };
  const requestUri = `urn:ietf:params:oauth:request_uri:${unguessable()}`;
  const seconds = state.duration('pushedAuthReqDuration');
  state.pushed.put(requestUri, { request, used: false }, seconds);
  // the seed article: this code, this message, and expires_in in front
  const message = `Successfully registered a request object for client (${request.clientId}), URI is ${requestUri}.`;
  return answer('A245001', message, 'CREATED', {
    requestUri,
    clientAuthMethod: methodOf(client),
    responseContent: JSON.stringify({ expires_in: seconds, request_uri: requestUri }),
  });
}
