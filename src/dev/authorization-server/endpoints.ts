import type { KoaContextWithOIDC } from 'oidc-provider';

export type Middleware = (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void>;

/** The endpoints a client calls itself, without a browser. */
export type BackChannelEndpoint = 'par' | 'token' | 'revocation' | 'jwks' | 'discovery';

export const paths = {
  par: '/request',
  token: '/token',
  revocation: '/token/revocation',
  jwks: '/jwks',
  discovery: '/.well-known/openid-configuration',
} as const satisfies Record<BackChannelEndpoint, string>;

const endpoints = new Map<string, BackChannelEndpoint>([
  [paths.par, 'par'],
  [paths.token, 'token'],
  [paths.revocation, 'revocation'],
  [paths.jwks, 'jwks'],
  [paths.discovery, 'discovery'],
]);

export function endpointAt(path: string): BackChannelEndpoint | undefined {
  return endpoints.get(path);
}
