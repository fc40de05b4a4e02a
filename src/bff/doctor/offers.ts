import type { FrontendOptions } from '../bff.options.js';
import { type AllowHttpFor, isSecureUrl } from '../secure-url.js';
import { failure, fine, type Judgement, shown, warning } from './finding.js';
import { endpoint, list, type Offer, type RawMetadata } from './offer.js';
import { OPTIONAL_OFFERS } from './optional-offers.js';

/** Everything of the metadata that decides whether and how a login works: what the server offers beside what will be used. */
export const OFFERS: readonly Offer[] = [
  {
    subject: 'issuer',
    member: 'issuer',
    used: ({ issuer }) => issuer,
    judge: (offered, { issuer }) =>
      offered === issuer
        ? fine
        : failure('they must be the same, letter by letter: set ISSUER to what the server says'),
  },
  endpoint('authorization_endpoint', true, 'there is nowhere to send the browser'),
  endpoint('token_endpoint', true, 'no code can be exchanged'),
  endpoint('jwks_uri', true, 'no ID token’s signature can be checked'),
  {
    subject: 'pushed authorization requests',
    member: 'pushed_authorization_request_endpoint',
    used: ({ par }) => `PAR=${par}`,
    judge: judgePar,
  },
  {
    subject: 'PAR required by the server',
    member: 'require_pushed_authorization_requests',
    used: ({ requirePushedAuthorizationRequests }) =>
      requirePushedAuthorizationRequests ? 'required by the client, too' : '',
    judge: (offered, { par }) =>
      offered === true && par !== 'required' ? warning(`the server’s wish wins: PAR=${par} has no effect`) : fine,
  },
  {
    subject: 'client authentication',
    member: 'token_endpoint_auth_methods_supported',
    used: ({ clientAuthMethod }) => clientAuthMethod,
    // RFC 8414 §2: client_secret_basic when left out
    judge: (offered, { clientAuthMethod }) =>
      list(offered, ['client_secret_basic']).includes(clientAuthMethod)
        ? fine
        : failure(
            'the server doesn’t offer that method: set CLIENT_AUTH_METHOD to the one the client is registered with',
          ),
  },
  {
    subject: 'PKCE',
    member: 'code_challenge_methods_supported',
    used: () => 'S256',
    judge: offered =>
      list(offered, ['S256']).includes('S256')
        ? fine
        : warning('the server may ignore the code challenge (RFC 7636 §4.3)'),
  },
  {
    subject: 'response type',
    member: 'response_types_supported',
    used: () => 'code',
    judge: offered =>
      list(offered, ['code']).includes('code') ? fine : failure('the server has no authorization code flow'),
  },
  {
    subject: 'iss in the authorization response',
    member: 'authorization_response_iss_parameter_supported',
    used: ({ profile }) => (profile === undefined ? 'compared when present' : 'demanded by the profile'),
    judge: (offered, { profile, responseMode }) => {
      // a signed response has its own (JARM §2.1)
      if (offered === true || responseMode.endsWith('jwt')) return fine;
      return warning(
        profile === undefined
          ? 'mix-up attacks aren’t seen by iss (RFC 9207): keep to one authorization server'
          : 'no login would come back without it (FAPI 2.0 §5.3.2.2)',
      );
    },
  },
  {
    subject: 'ID token algorithm',
    member: 'id_token_signing_alg_values_supported',
    used: ({ idTokenSignedResponseAlg }) => idTokenSignedResponseAlg,
    judge: (offered, { idTokenSignedResponseAlg }) =>
      list(offered, ['RS256']).includes(idTokenSignedResponseAlg)
        ? fine
        : failure('every login would fail: set ID_TOKEN_SIGNED_RESPONSE_ALG to the one registered for this client'),
  },
  {
    subject: 'scopes',
    member: 'scopes_supported',
    used: ({ scope }) => scope,
    judge: (offered, { scope }) => {
      const missing = scope.split(' ').filter(name => !list(offered, scope.split(' ')).includes(name));
      return missing.length === 0
        ? fine
        : warning(`not listed: ${missing.join(', ')}; the server may refuse or drop them`);
    },
  },
  {
    subject: 'refresh',
    member: 'grant_types_supported',
    used: () => 'refresh_token',
    judge: offered =>
      list(offered, ['refresh_token']).includes('refresh_token')
        ? fine
        : warning('without refresh tokens a login ends with its first access token'),
  },
  endpoint('revocation_endpoint', false, 'tokens stay valid at the server after a logout'),
  endpoint('end_session_endpoint', false, 'a logout ends the session here, and not at the server'),
  {
    subject: 'back-channel logout',
    member: 'backchannel_logout_supported',
    used: () => '/backchannel-logout, once it is registered',
    judge: (offered, _options, metadata) => {
      if (offered !== true) return warning('a logout elsewhere ends no session here');
      return metadata['backchannel_logout_session_supported'] === true
        ? fine
        : warning('its logout tokens name no session: a logout anywhere ends all that the user has here');
    },
  },
  ...OPTIONAL_OFFERS,
];

/** RFC 9126 §5, §6: what the server or the client requires wins over `PAR`. */
function judgePar(offered: unknown, options: FrontendOptions, metadata: RawMetadata): Judgement {
  const required =
    options.requirePushedAuthorizationRequests || metadata['require_pushed_authorization_requests'] === true;
  if (options.par === 'off' && !required)
    return warning('the whole authorization request goes through the browser, where it can be read and changed');
  if (offered !== undefined) return URL.parse(shown(offered)) ? fine : failure('that is no URL');
  if (options.par === 'auto' && !required)
    return warning('the server has none: the whole authorization request goes through the browser');
  if (required) return failure('it is required, and the server has none');
  return failure('the server has none: PAR=auto would let logins go through the browser instead, unprotected');
}

/** Plain http is told for each endpoint by itself, as the call would be refused. */
export function plainHttp(url: unknown, allowHttpFor: AllowHttpFor): boolean {
  const parsed = URL.parse(shown(url));
  return parsed !== null && !isSecureUrl(parsed, allowHttpFor);
}
