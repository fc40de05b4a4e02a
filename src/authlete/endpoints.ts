import type { Request } from 'express';

/** The authorization server's fixed addresses, under the issuer's origin. */
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

/** What each of them takes. */
export const METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  [ENDPOINTS.pushedAuthorizationRequest, ['POST']],
  [ENDPOINTS.authorization, ['GET', 'POST']],
  [ENDPOINTS.token, ['POST']],
  [ENDPOINTS.revocation, ['POST']],
  [ENDPOINTS.userinfo, ['GET', 'POST']],
  [ENDPOINTS.jwks, ['GET', 'HEAD']],
  [ENDPOINTS.interaction, ['GET', 'POST']],
  [ENDPOINTS.openidConfiguration, ['GET', 'HEAD']],
  [ENDPOINTS.oauthAuthorizationServer, ['GET', 'HEAD']],
]);

/** As Express finds routes: in any case, with or without a slash at the end; a middleware's own `path` is what its mount leaves. */
export function addressOf({ baseUrl, path }: Request): string {
  return `${baseUrl}${path}`.toLowerCase().replace(/\/+$/, '');
}
