import { answer, type Answer, OAuthError } from './oauth-error.js';
import { unguessable } from './options.js';
import { given, words } from './parameters.js';
import type { Properties } from './properties.js';
import type { AuthorizationRequest } from './records.js';
import { claimNames, conditions, requestedAcrs, requestedSubject } from './requested-claims.js';
import type { State } from './state.js';

/** No source; the vendor says of a dead ticket that the user was too late. Seconds. */
const TICKET_DURATION = 24 * 60 * 60;

/** The answer of auth/authorization to a good request: the ticket, and all that the pages need. What wasn't asked for is left out. */
export function interaction(
  request: AuthorizationRequest,
  client: Properties,
  state: State,
  requestUri?: string,
): Answer {
  const { parameters, scopes } = request;
  const members = {
    service: about(state.service, ['serviceName', 'issuer', 'policyUri', 'tosUri']),
    client: about(client, ['clientId', 'clientName', 'clientType', 'clientUri', 'logoUri', 'policyUri', 'tosUri']),
    scopes: scopes.length > 0 ? described(scopes, state.service) : undefined,
    display: 'PAGE',
    ...promptsOf(parameters),
    maxAge: maxAgeOf(parameters, client),
    ...acrsOf(parameters, client, state.service),
    subject: requestedSubject(parameters),
    loginHint: given(parameters, 'login_hint'),
    uiLocales: listed(words(given(parameters, 'ui_locales'))),
    resources: listed(parameters.getAll('resource')),
    claims: listed(claimNames(request, 'id_token')),
    claimsAtUserInfo: listed(claimNames(request, 'userinfo')),
    idTokenClaims: asText(conditions(parameters, 'id_token')),
    userInfoClaims: asText(conditions(parameters, 'userinfo')),
  };
  const ticket = unguessable();
  state.tickets.put(ticket, { request, ...(requestUri !== undefined && { requestUri }) }, TICKET_DURATION);
  // doc: A004001. No source for the code with prompt=none.
  const silent = given(parameters, 'prompt') === 'none';
  return silent
    ? answer('EMU-NO-INTERACTION', 'A ticket was issued, and nobody may be asked.', 'NO_INTERACTION', {
        ...members,
        ticket,
      })
    : answer('A004001', 'A ticket was issued.', 'INTERACTION', { ...members, ticket });
}

function described(scopes: string[], service: Properties): object[] | undefined {
  const asked = service.list('supportedScopes')?.filter(scope => scopes.includes(scope.text('name') ?? ''));
  return asked?.map(scope => about(scope, ['name', 'description']));
}

/** Upper-case in the vendor's Prompt. */
function promptsOf(parameters: URLSearchParams): { prompts?: string[] } {
  const prompts = words(given(parameters, 'prompt')).map(prompt => prompt.toUpperCase());
  return prompts.length > 0 ? { prompts } : {};
}

/** Seconds; 0 means that there is no limit (Authlete API v3): `max_age=0` looks the same. */
function maxAgeOf(parameters: URLSearchParams, client: Properties): number {
  const asked = given(parameters, 'max_age');
  return asked === undefined ? (client.number('defaultMaxAge') ?? 0) : Number(asked);
}

/** Those that the service doesn't support are left out (Authlete API v3, auth/authorization). */
function acrsOf(
  parameters: URLSearchParams,
  client: Properties,
  service: Properties,
): { acrs?: string[]; acrEssential: boolean } {
  const { acrs, essential } = requestedAcrs(parameters, client);
  const supported = acrs.filter(acr => service.texts('supportedAcrs')?.includes(acr));
  if (supported.length > 0) return { acrs: supported, acrEssential: essential };
  if (!essential) return { acrEssential: false };
  // OpenID Connect Core Error Code unmet_authentication_requirements §2
  throw new OAuthError(
    'EMU-ACR',
    'unmet_authentication_requirements',
    'The service supports none of the essential acrs.',
  );
}

/** A client's id is a number in the API. */
function about(properties: Properties, names: readonly string[]): Record<string, string | number> {
  const texts = names.flatMap(name => {
    const value = properties.text(name);
    return value === undefined ? [] : [[name, name === 'clientId' && /^\d{1,15}$/.test(value) ? Number(value) : value]];
  });
  return Object.fromEntries(texts);
}

function listed(values: string[]): string[] | undefined {
  return values.length > 0 ? values : undefined;
}

function asText(members: Record<string, unknown>): string | undefined {
  return Object.keys(members).length > 0 ? JSON.stringify(members) : undefined;
}
