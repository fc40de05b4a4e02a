import type { ApiRouteOptions } from './api-route.options.js';
import type { FrontendOptions } from './frontend.options.js';
import type { Relation } from './relation.js';

/** Options of one API route that contradict each other. */
export function routeRelations({ apiRoutes }: FrontendOptions, path: string, proxy: string | undefined): Relation[] {
  // where the list itself is no list, or an entry no route, that is reported already
  const routes = Array.isArray(apiRoutes) ? apiRoutes : [];
  return routes.flatMap((route, index) => (route ? withinRoute(route, `${path}.apiRoutes[${index}]`, proxy) : []));
}

function withinRoute(route: ApiRouteOptions, path: string, proxy: string | undefined): Relation[] {
  return [
    { at: `${path}.requireSession`, reads: [`${path}.token`], check: () => sessionMistake(route) },
    ...(['scope', 'resource', 'audience'] as const).map(option => ({
      at: `${path}.${option}`,
      reads: [`${path}.token`],
      check: () => parameterMistake(route, option),
    })),
    { at: `${path}.tokenExchange`, reads: [`${path}.token`], check: () => exchangeMistake(route) },
    { at: `${path}.navigable`, reads: [`${path}.methods`], check: () => navigationMistake(route) },
    {
      at: `${path}.http2`,
      reads: [`${path}.webSocket`, 'outbound.proxy'],
      check: () => http2Mistake(route, proxy),
    },
  ];
}

function sessionMistake({ requireSession, token }: ApiRouteOptions): string | undefined {
  if (!requireSession) return undefined;
  if (token === 'user') return 'says nothing new: with the token user a session is needed anyway';
  return token.startsWith('user-or-') ? `contradicts the token ${token}: it would always be the user’s` : undefined;
}

function parameterMistake(route: ApiRouteOptions, option: 'scope' | 'resource' | 'audience'): string | undefined {
  if (route[option] === undefined || route.token !== 'none') return undefined;
  return 'is of a token that the route doesn’t send';
}

function exchangeMistake({ tokenExchange, token }: ApiRouteOptions): string | undefined {
  if (!tokenExchange || token.startsWith('user')) return undefined;
  return `needs a user’s token to exchange, and the route’s is ${token}`;
}

function navigationMistake({ navigable, methods }: ApiRouteOptions): string | undefined {
  if (!navigable || methods === undefined || methods.includes('GET') || methods.includes('HEAD')) return undefined;
  return 'needs GET or HEAD among the methods: a link makes no other request';
}

function http2Mistake({ http2, webSocket }: ApiRouteOptions, proxy: string | undefined): string | undefined {
  if (http2 && webSocket)
    return 'contradicts webSocket, which takes HTTP/1.1: another route, with a path of its own, may have that';
  return http2 && proxy !== undefined ? 'isn’t spoken through a proxy (outbound.proxy, HTTPS_PROXY)' : undefined;
}
