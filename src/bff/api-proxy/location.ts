import { BffError } from '../errors.js';
import { type ApiTarget, isWithin } from './api-route.js';

/**
 * Where an API's `Location` leads, as the browser may see it (B27). One that stays inside the route is mapped back to the public path; a redirect
 * to any other place throws `api_redirect_refused`, unless the route passes such on. Nobody here ever follows one.
 * `undefined`: leave the field out. That's for a `Location` that redirects nobody, as with `201 Created`: its request has been carried out.
 */
export function publicLocation(
  value: string,
  status: number,
  target: ApiTarget,
  secrets: readonly string[],
): string | undefined {
  const shown = holdsAny(secrets, value) ? undefined : shownLocation(value, target);
  if (shown === undefined && status >= 300 && status < 400) {
    throw new BffError('api_redirect_refused', { reason: 'Location leads out of the route' });
  }
  return shown;
}

function shownLocation(value: string, { route, path }: ApiTarget): string | undefined {
  const url = URL.parse(value, route.origin + path);
  if (!url || url.username !== '' || url.password !== '') return undefined;
  if (url.origin === route.origin && isWithin(url.pathname, route.upstreamPath)) {
    return route.publicPath + url.pathname.slice(route.upstreamPath.length) + url.search + url.hash;
  }
  return route.options.location === 'pass' && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

function holdsAny(secrets: readonly string[], value: string): boolean {
  return secrets.some(secret => value.includes(secret) || value.includes(encodeURIComponent(secret)));
}
