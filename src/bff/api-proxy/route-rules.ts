import type { ApiRouteOptions } from '../bff.options.js';
import { BffError } from '../errors.js';

type Rules = Pick<ApiRouteOptions, 'methods' | 'paths' | 'navigable'>;

/**
 * TRACE would show a script the headers that it must not see (RFC 9110 §9.3.8), CONNECT asks for a tunnel; a route may take fewer than the rest.
 * Throws `method_not_allowed`.
 */
export function checkMethod(method: string, { methods }: Rules): void {
  if (method !== 'TRACE' && method !== 'CONNECT' && (methods?.includes(method) ?? true)) return;
  const allow = methods?.join(', ') ?? 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
  throw new BffError('method_not_allowed', { allow });
}

/** A link or an image of the app's own page, which can send no header. */
export function isNavigable(method: string, { navigable }: Rules): boolean {
  return navigable && (method === 'GET' || method === 'HEAD');
}

/** The paths below a route that pass, as they come on the wire: one that is spelled with escapes is another. `undefined`: all. */
export function pathsOf({ paths }: Rules): RegExp | undefined {
  return paths && new RegExp(`^(?:${paths.map(patternOf).join('|')})$`);
}

/** Letters, digits and `._~-` are all that a pattern has beside its wildcards. */
function patternOf(path: string): string {
  const segments = path.slice(1).split('/').map(segmentOf);
  return `/${segments.join('/')}`;
}

function segmentOf(segment: string): string {
  if (segment === '*') return '[^/]+';
  return segment === '**' ? '.+' : segment.replaceAll('.', '\\.');
}
