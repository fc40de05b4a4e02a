/** The authorization server's fixed addresses, under the issuer's origin; what each of them takes. */
export const ENDPOINTS = {
  pushedAuthorizationRequest: '/as/par',
  authorization: '/as/authorization',
  token: '/as/token',
  revocation: '/as/revocation',
  userinfo: '/as/userinfo',
  jwks: '/as/jwks',
  interaction: '/as/interaction',
  openidConfiguration: '/.well-known/openid-configuration',
  oauthAuthorizationServer: '/.well-known/oauth-authorization-server',
} as const;

/** For `Allow` (RFC 9110 §15.5.6). */
export const METHODS: Readonly<Record<keyof typeof ENDPOINTS, readonly string[]>> = {
  pushedAuthorizationRequest: ['POST'],
  authorization: ['GET', 'POST'],
  token: ['POST'],
  revocation: ['POST'],
  userinfo: ['GET', 'POST'],
  jwks: ['GET', 'HEAD'],
  interaction: ['GET', 'POST'],
  openidConfiguration: ['GET', 'HEAD'],
  oauthAuthorizationServer: ['GET', 'HEAD'],
};
