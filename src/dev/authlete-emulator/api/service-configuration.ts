import type { Properties } from '../properties.js';
import type { State } from '../state.js';

const lower = (values: string[] | undefined, separator: string) =>
  values?.map(value => value.toLowerCase().replaceAll('_', separator));

/** `CODE_ID_TOKEN` is `code id_token`. */
const responseTypes = (values: string[] | undefined) =>
  values?.map(value => value.toLowerCase().replace('code_', 'code '));

/** OpenID Connect Discovery §3, RFC 8414 §2 and RFC 9126 §5, from the service's properties; what isn't set is left out. */
export function serviceConfiguration(_call: Properties, { service }: State): object {
  const methods = lower(service.texts('supportedTokenAuthMethods'), '_');
  return {
    issuer: service.text('issuer'),
    authorization_endpoint: service.text('authorizationEndpoint'),
    token_endpoint: service.text('tokenEndpoint'),
    userinfo_endpoint: service.text('userInfoEndpoint'),
    revocation_endpoint: service.text('revocationEndpoint'),
    introspection_endpoint: service.text('introspectionEndpoint'),
    jwks_uri: service.text('jwksUri'),
    pushed_authorization_request_endpoint: service.text('pushedAuthReqEndpoint'),
    require_pushed_authorization_requests: service.flag('parRequired'),
    mtls_endpoint_aliases: aliases(service),
    scopes_supported: service.list('supportedScopes')?.map(scope => scope.text('name')),
    response_types_supported: responseTypes(service.texts('supportedResponseTypes')),
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: lower(service.texts('supportedGrantTypes'), '_'),
    acr_values_supported: service.texts('supportedAcrs'),
    claims_supported: service.texts('supportedClaims'),
    claims_parameter_supported: true,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256', 'RS256'],
    revocation_endpoint_auth_methods_supported: methods,
    code_challenge_methods_supported: service.flag('pkceS256Required') ? ['S256'] : ['plain', 'S256'],
    authorization_response_iss_parameter_supported: !service.flag('issSuppressed'),
  };
}

/** RFC 8705 §5; the vendor's NamedUri names them as the metadata does. */
function aliases(service: Properties): object | undefined {
  const list = service.list('mtlsEndpointAliases');
  return list && Object.fromEntries(list.map(alias => [alias.text('name'), alias.text('uri')]));
}
