import type { ApiRouteOptions } from '../bff.options.js';
import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { isPlain, type RouteToken, routeToken } from '../tokens/route-token.js';
import { looselyRead, rawTargetOf } from './api-path.js';
import { pathsOf } from './route-rules.js';

/** A line of the closed table: what the browser asks for, and the only place where that goes (B13, B15). */
export interface ApiRoute {
  /** As it was configured: the route's name in logs and metrics. */
  readonly name: string;
  /** As the browser says it, with the path prefix and without a slash at its end. */
  readonly publicPath: string;
  /** The same for whoever reads it loosely. */
  readonly loosePath: string;
  /** Scheme, host and port of the API. */
  readonly origin: string;
  /** What its paths begin with, without a slash at the end: `` or `/v1`. */
  readonly upstreamPath: string;
  /** Those below it that pass; all, without it. */
  readonly paths: RegExp | undefined;
  readonly wanted: RouteToken;
  /** Of the user's; absent where the session's own token does. */
  readonly other: RouteToken | undefined;
  readonly options: ApiRouteOptions;
}

/** A route, and the path and query below the API's origin. */
export interface ApiTarget {
  readonly route: ApiRoute;
  readonly path: string;
}

/** What of a frontend decides where its requests go. */
type RouteOwner = Pick<Frontend, 'options' | 'path'>;

/** Throws `api_path_refused` or `unknown_api_route`. */
export function targetOf(frontend: RouteOwner, originalUrl: string): ApiTarget {
  const { path, query } = rawTargetOf(originalUrl);
  const routes = routesOf(frontend);
  const route = routes.find(each => isWithin(path, each.publicPath));
  if (!route) throw new BffError('unknown_api_route');
  if (isAnothers(path, route, routes)) throw new BffError('api_path_refused');
  const below = path.slice(route.publicPath.length);
  if (route.paths && !route.paths.test(atLeastSlash(below))) throw new BffError('unknown_api_route');
  return { route, path: atLeastSlash(route.upstreamPath + below) + query };
}

/**
 * A longer route covers it in another spelling (`/api/%61dmin`, `/api/ADMIN`, `/api/admin.`), which that route's API may well take for its own: the rules of
 * the longer one would be passed by. Routes that differ in case alone are what their spelling says.
 */
function isAnothers(path: string, { publicPath }: ApiRoute, routes: ApiRoute[]): boolean {
  if (routes.length === 1 || !/[%A-Z]|\.(?:\/|$)/.test(path)) return false;
  const read = looselyRead(path);
  return routes.some(each => each.publicPath.length > publicPath.length && isWithin(read, each.loosePath));
}

/** By whole segments: `/api/things` covers `/api/things/1`, never `/api/things-of-others`. */
export function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

const tables = new WeakMap<RouteOwner, ApiRoute[]>();

/** The longest path first, so that the first that covers a path is the most specific one. */
export function routesOf(frontend: RouteOwner): ApiRoute[] {
  const known = tables.get(frontend);
  if (known) return known;
  const routes = frontend.options.apiRoutes
    .map(options => routeOf(frontend, options))
    .toSorted((a, b) => b.publicPath.length - a.publicPath.length);
  tables.set(frontend, routes);
  return routes;
}

function routeOf(frontend: RouteOwner, options: ApiRouteOptions): ApiRoute {
  const upstream = new URL(options.upstream);
  const wanted = routeToken(options);
  const publicPath = withoutEndSlash(frontend.path(options.path));
  return {
    name: options.path,
    publicPath,
    loosePath: looselyRead(publicPath),
    origin: upstream.origin,
    upstreamPath: withoutEndSlash(upstream.pathname),
    paths: pathsOf(options),
    wanted,
    other: isPlain(wanted) ? undefined : wanted,
    options,
  };
}

function withoutEndSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

function atLeastSlash(path: string): string {
  return path === '' ? '/' : path;
}
