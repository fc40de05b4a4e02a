import { failure, fine, type Judgement, shown } from './finding.js';
import { list, type Offer } from './offer.js';

const certificate = /^(?:self_signed_)?tls_client_auth$/;

/** What only some options have a use for. */
export const OPTIONAL_OFFERS: readonly Offer[] = [
  {
    subject: 'mTLS endpoint aliases',
    member: 'mtls_endpoint_aliases',
    when: ({ clientAuthMethod, certificateBoundAccessTokens }) =>
      certificate.test(clientAuthMethod) || certificateBoundAccessTokens,
    used: () => 'where there are any (RFC 8705 §5)',
    judge: () => fine,
  },
  {
    subject: 'DPoP',
    member: 'dpop_signing_alg_values_supported',
    when: ({ dpop }) => dpop,
    used: () => 'ES256',
    judge: offered => supported(offered, 'ES256', 'tokens can’t be bound by DPoP here: set DPOP=false'),
  },
  {
    subject: 'certificate-bound access tokens',
    member: 'tls_client_certificate_bound_access_tokens',
    when: ({ certificateBoundAccessTokens }) => certificateBoundAccessTokens,
    used: () => 'bound to the client’s certificate',
    judge: offered =>
      offered === true ? fine : failure('the server doesn’t bind tokens: set CERTIFICATE_BOUND_ACCESS_TOKENS=false'),
  },
  {
    subject: 'signed requests',
    member: 'request_object_signing_alg_values_supported',
    when: ({ requestObject }) => requestObject,
    used: () => 'with the first signing key of CLIENT_JWKS_FILE',
    judge: offered =>
      offered === undefined || list(offered, []).some(alg => alg !== 'none')
        ? fine
        : failure('the server takes no signed request objects: set REQUEST_OBJECT=false'),
  },
  {
    subject: 'response mode',
    member: 'response_modes_supported',
    when: ({ responseMode }) => responseMode !== 'query',
    used: ({ responseMode }) => responseMode,
    judge: (offered, { responseMode }) =>
      supported(offered, responseMode, 'no login would come back: set RESPONSE_MODE to one that is offered'),
  },
  {
    subject: 'signed responses',
    member: 'authorization_signing_alg_values_supported',
    when: ({ responseMode }) => responseMode.endsWith('jwt'),
    used: ({ authorizationSignedResponseAlg }) => authorizationSignedResponseAlg,
    judge: (offered, { authorizationSignedResponseAlg }) =>
      supported(offered, authorizationSignedResponseAlg, 'set AUTHORIZATION_SIGNED_RESPONSE_ALG to the registered one'),
  },
  {
    subject: 'ID token encryption',
    member: 'id_token_encryption_alg_values_supported',
    when: ({ idTokenEncryptedResponseAlg }) => idTokenEncryptedResponseAlg !== undefined,
    used: ({ idTokenEncryptedResponseAlg }) => shown(idTokenEncryptedResponseAlg),
    judge: (offered, { idTokenEncryptedResponseAlg }) =>
      supported(offered, shown(idTokenEncryptedResponseAlg), 'the server doesn’t encrypt ID tokens that way'),
  },
  {
    subject: 'client credentials',
    member: 'grant_types_supported',
    when: ({ apiRoutes }) => apiRoutes.some(({ token }) => token.endsWith('client')),
    used: () => 'for API routes with the client’s token',
    judge: offered =>
      supported(offered, 'client_credentials', 'no API route gets the client’s token here (RFC 6749 §4.4)'),
  },
  {
    subject: 'token exchange',
    member: 'grant_types_supported',
    when: ({ apiRoutes }) => apiRoutes.some(({ tokenExchange }) => tokenExchange),
    used: () => 'for API routes with tokenExchange',
    judge: offered =>
      supported(
        offered,
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'the server exchanges no tokens (RFC 8693): take tokenExchange out of the API routes',
      ),
  },
  {
    subject: 'authorization details',
    member: 'authorization_details_types_supported',
    when: ({ authorizationDetails }) => authorizationDetails.length > 0,
    used: ({ authorizationDetails }) => authorizationDetails.map(({ type }) => shown(type)).join(' '),
    judge: (offered, { authorizationDetails }) =>
      authorizationDetails
        .map(({ type }) => supported(offered, shown(type), 'the server knows no such type (RFC 9396 §10)'))
        .find(({ verdict }) => verdict !== 'ok') ?? fine,
  },
];

/** A server that lists nothing may still support it. */
function supported(offered: unknown, value: string, otherwise: string): Judgement {
  return list(offered, [value]).includes(value) ? fine : failure(otherwise);
}
