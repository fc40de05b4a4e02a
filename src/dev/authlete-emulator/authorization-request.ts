import { OAuthError } from './oauth-error.js';
import { given, words } from './parameters.js';
import type { Properties } from './properties.js';
import type { AuthorizationRequest } from './records.js';
import { conditions } from './requested-claims.js';
import { redirectUriOf } from './redirect-uri.js';
import type { State } from './state.js';

/** The steps, in their order; pushed_auth_req takes them all at once. */
export function checkAuthorizationRequest(
  parameters: URLSearchParams,
  client: Properties,
  state: State,
): AuthorizationRequest {
  refuseNotEmulated(parameters);
  const redirectUri = redirectUriOf(parameters, client, state.service);
  checkResponseType(parameters, client, state.service);
  checkPkce(parameters, client, state.service);
  checkNonce(parameters);
  checkPrompt(parameters);
  checkMaxAge(parameters);
  checkClaims(parameters);
  const scopes = scopesOf(parameters, state.service);
  return { clientId: client.text('clientId') ?? '', parameters, redirectUri, scopes };
}

/** A request object (RFC 9101) and rich authorization (RFC 9396), rather than acting as if they weren't there. */
function refuseNotEmulated(parameters: URLSearchParams): void {
  for (const name of ['request', 'authorization_details']) {
    if (!parameters.has(name)) continue;
    throw new OAuthError('EMU-NOT-EMULATED', 'invalid_request', `The emulator does without ${name}.`);
  }
}

function checkResponseType(parameters: URLSearchParams, client: Properties, service: Properties): void {
  const asked = words(given(parameters, 'response_type')).toSorted();
  if (asked.length === 0) throw new OAuthError('EMU-NO-RESPONSE-TYPE', 'invalid_request', 'response_type is missing.');
  const name = asked.join('_').toUpperCase();
  if (!service.texts('supportedResponseTypes')?.includes(name) || !['CODE', 'CODE_ID_TOKEN'].includes(name)) {
    throw new OAuthError(
      'EMU-RESPONSE-TYPE',
      'unsupported_response_type',
      'The service does without this response_type.',
    );
  }
  if (!client.texts('responseTypes')?.includes(name)) {
    throw new OAuthError(
      'EMU-CLIENT-RESPONSE-TYPE',
      'unauthorized_client',
      'The client may not use this response_type.',
    );
  }
}

/** RFC 7636 §4.3; `pkceRequired` and `pkceS256Required` are settings of the service and of the client. */
function checkPkce(parameters: URLSearchParams, client: Properties, service: Properties): void {
  const required = (name: string) => service.flag(name) || client.flag(name);
  const challenge = given(parameters, 'code_challenge');
  // com
  if (challenge === undefined && required('pkceRequired')) {
    throw new OAuthError('A124301', 'invalid_request', 'The service or the client requires PKCE: no code_challenge.');
  }
  if (challenge === undefined) return;
  const method = given(parameters, 'code_challenge_method') ?? 'plain';
  if (!['plain', 'S256'].includes(method) || (method === 'plain' && required('pkceS256Required'))) {
    throw new OAuthError('EMU-PKCE-METHOD', 'invalid_request', 'code_challenge_method has to be S256.');
  }
  if (!/^[\w.~-]{43,128}$/.test(challenge)) {
    throw new OAuthError('EMU-PKCE-CHALLENGE', 'invalid_request', 'code_challenge is malformed.');
  }
}

/** OpenID Connect Core §3.3.2.11: an ID token that passes through the browser has a nonce. */
function checkNonce(parameters: URLSearchParams): void {
  const hybrid = words(given(parameters, 'response_type')).includes('id_token');
  if (hybrid && !given(parameters, 'nonce')) {
    throw new OAuthError('EMU-NO-NONCE', 'invalid_request', 'nonce is missing.');
  }
  if (hybrid && !words(given(parameters, 'scope')).includes('openid')) {
    throw new OAuthError('EMU-NO-OPENID', 'invalid_request', 'An ID token needs the scope openid.');
  }
}

/** OpenID Connect Core §3.1.2.1: `none` stands alone. */
function checkPrompt(parameters: URLSearchParams): void {
  const prompts = words(given(parameters, 'prompt'));
  if (prompts.includes('none') && prompts.length > 1) {
    throw new OAuthError('EMU-PROMPT', 'invalid_request', 'prompt=none does not go with another prompt.');
  }
}

/** OpenID Connect Core §3.1.2.1: seconds. */
function checkMaxAge(parameters: URLSearchParams): void {
  if (/^\d{1,9}$/.test(given(parameters, 'max_age') ?? '0')) return;
  throw new OAuthError('EMU-MAX-AGE', 'invalid_request', 'max_age is no number of seconds.');
}

/** OpenID Connect Core §5.5: JSON. */
function checkClaims(parameters: URLSearchParams): void {
  conditions(parameters, 'id_token');
  conditions(parameters, 'userinfo');
}

/**
 * Authlete API v3, auth/authorization: scopes that the service doesn't support are left out; `offline_access` needs `prompt=consent`
 * (OpenID Connect Core §11).
 */
function scopesOf(parameters: URLSearchParams, service: Properties): string[] {
  const supported = service.list('supportedScopes') ?? [];
  const consent = words(given(parameters, 'prompt')).includes('consent');
  const asked = given(parameters, 'scope');
  const wanted = asked === undefined ? supported.filter(scope => scope.flag('defaultEntry')).map(nameOf) : words(asked);
  const known = new Set(supported.map(nameOf));
  return wanted.filter(scope => known.has(scope) && (scope !== 'offline_access' || consent));
}

const nameOf = (scope: Properties) => scope.text('name') ?? '';
