import { checkAuthorizationRequest } from '../authorization-request.js';
import { authorizationResponse, type Redirection } from '../authorization-response.js';
import { interaction } from '../interaction.js';
import { type Answer, OAuthError } from '../oauth-error.js';
import { given, parametersOf } from '../parameters.js';
import type { Properties } from '../properties.js';
import { redirectUriOf } from '../redirect-uri.js';
import type { State } from '../state.js';

/** Authlete API v3, auth/authorization: a request that was pushed, or one in the query itself. */
export function authorization(call: Properties, state: State): Answer {
  const parameters = parametersOf(call);
  const client = state.client(given(parameters, 'client_id'));
  if (!client) throw new OAuthError('EMU-CLIENT-UNKNOWN', 'invalid_request', 'There is no such client.');
  const requestUri = given(parameters, 'request_uri');
  if (requestUri !== undefined) return pushed(requestUri, client, state);
  refuseUnpushed(client, state.service);
  return direct(parameters, client, state);
}

/** Whatever stands beside the request_uri doesn't count (RFC 9126 §4, RFC 9101 §5). A refused request_uri is BAD_REQUEST: nobody is redirected. */
function pushed(requestUri: string, client: Properties, state: State): Answer {
  const known = state.pushed.get(requestUri);
  // No source for the codes of an unknown, expired or foreign one.
  if (!known)
    throw new OAuthError('EMU-REQUEST-URI', 'invalid_request_uri', 'The request_uri is unknown or has expired.');
  if (known.request.clientId !== client.text('clientId')) {
    throw new OAuthError('EMU-FOREIGN-REQUEST-URI', 'invalid_request_uri', 'The request_uri is another client’s.');
  }
  if (known.used) throw usedRequestUri();
  return orBack(known.request, state, () => interaction(known.request, client, state, requestUri));
}

/** com: used again after completion. */
export function usedRequestUri(): OAuthError {
  return new OAuthError('A008303', 'invalid_request_uri', 'The request_uri has been used.');
}

function refuseUnpushed(client: Properties, service: Properties): void {
  // com
  if (client.flag('parRequired')) throw new OAuthError('A008305', 'invalid_request', 'The client requires PAR.');
  // no source for the service's own setting (RFC 9126 §5)
  if (service.flag('parRequired'))
    throw new OAuthError('EMU-PAR-REQUIRED', 'invalid_request', 'The service requires PAR.');
}

function direct(parameters: URLSearchParams, client: Properties, state: State): Answer {
  const redirectUri = redirectUriOf(parameters, client, state.service);
  return orBack({ redirectUri, parameters }, state, () =>
    interaction(checkAuthorizationRequest(parameters, client, state), client, state),
  );
}

/** RFC 6749 §4.1.2.1: once it is known where to, a mistake goes back to the client. */
function orBack(redirection: Redirection, state: State, answered: () => Answer): Answer {
  try {
    return answered();
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    return authorizationResponse(redirection, state, [failure.resultCode, failure.message], failure.content);
  }
}
