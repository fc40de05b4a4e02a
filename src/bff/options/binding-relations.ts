import type { ApiRouteOptions } from './api-route.options.js';
import type { FrontendOptions } from './frontend.options.js';
import type { Relation } from './relation.js';

/** What sender-constrained tokens need (RFC 9449, RFC 8705 §3). */
export function bindingRelations(frontend: FrontendOptions, path: string): Relation[] {
  const certificate = `${path}.clientCertFile`;
  return [
    {
      at: `${path}.certificateBoundAccessTokens`,
      reads: [certificate, `${path}.dpop`],
      check: () => bound(frontend),
    },
    ...routesOf(frontend.apiRoutes).map((route, index) => ({
      at: `${path}.apiRoutes[${index}].clientCertificate`,
      reads: [certificate, `${path}.apiRoutes[${index}].upstream`],
      check: () => presented(route, frontend),
    })),
  ];
}

/** Where the list itself is no list, or an entry no route, that is reported already. */
function routesOf(apiRoutes: unknown): ApiRouteOptions[] {
  return Array.isArray(apiRoutes) ? apiRoutes.filter(Boolean) : [];
}

function bound({ certificateBoundAccessTokens, dpop, clientCertFile }: FrontendOptions): string | undefined {
  if (!certificateBoundAccessTokens) return undefined;
  if (clientCertFile === undefined) return 'needs clientCertFile, the certificate that tokens are bound to';
  return dpop ? 'may not be true together with dpop: a token is bound to a certificate or to a key' : undefined;
}

function presented(
  { clientCertificate, upstream }: ApiRouteOptions,
  { clientCertFile }: FrontendOptions,
): string | undefined {
  if (!clientCertificate) return undefined;
  if (clientCertFile === undefined) return 'needs clientCertFile, the certificate to present';
  return upstream.startsWith('https:') ? undefined : 'needs an https upstream: plain http presents no certificate';
}
