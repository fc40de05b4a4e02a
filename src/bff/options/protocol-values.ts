/** What the browser may set at /login. */
export const LOGIN_PARAMETERS = [
  ...(['prompt', 'login_hint', 'ui_locales', 'acr_values', 'max_age'] as const),
  'authorization_details',
] as const;
export type LoginParameter = (typeof LOGIN_PARAMETERS)[number];

export const CLIENT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'self_signed_tls_client_auth',
  'tls_client_auth',
] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** The `typ` of client assertions (draft-ietf-oauth-rfc7523bis §4): some servers refuse them without the second, some with it. */
export const ASSERTION_TYPS = ['JWT', 'client-authentication+jwt'] as const;

/** The `typ` of logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): with the first, one that says either, or nothing; the second alone where it's known to come. */
export const LOGOUT_TOKEN_TYPS = ['JWT', 'logout+jwt'] as const;

/** Asymmetric ones alone: with HS* the client secret would sign, and `none` doesn't (RFC 8725 §3.1). */
export const SIGNATURE_ALGS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** RFC 7518 §4.1, §5.1; those whose key is no secret shared with the server, and that openid-client knows. */
export const KEY_MANAGEMENT_ALGS =
  'RSA-OAEP RSA-OAEP-256 RSA-OAEP-384 RSA-OAEP-512 ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW'.split(' ');
export const CONTENT_ENCRYPTION_ALGS = 'A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 A128GCM A192GCM A256GCM'.split(' ');

/** How the authorization response comes (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode, JARM §2.3). */
export const RESPONSE_MODES = ['query', 'form_post', 'query.jwt', 'form_post.jwt'] as const;
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** Parameters of the authorization request that Parlour sets itself, or that would replace what it sets (RFC 9101 §4, RFC 9126 §2.1). */
export const OWN_PARAMETERS = (
  'client_id response_type redirect_uri scope state nonce code_challenge code_challenge_method response_mode ' +
  'request request_uri client_secret client_assertion client_assertion_type dpop_jkt ' +
  'resource claims authorization_details'
).split(' ');

/** FAPI 2.0 Security Profile, and the same with Message Signing. */
export const PROFILES = ['fapi2', 'fapi2-message-signing'] as const;
export type Profile = (typeof PROFILES)[number];
