import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { BffError } from './errors.js';
import { type Frontend, frontendOf } from './frontend.js';

/** For what scripts call: the custom header (RFC 10017 §6.1.3.3.2), and whatever the browser says of who is asking. Attach it to a host's own controllers, too. */
@Injectable()
export class CsrfGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    checkScript(request, frontendOf(request));
    return true;
  }
}

/** For what the browser comes to by navigation: top-level only, so that an iframe, an image or a prefetch starts and ends nothing (FAPI 2.0; F7). */
@Injectable()
export class NavigationGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    checkNavigation(context.switchToHttp().getRequest<Request>());
    return true;
  }
}

/**
 * `/callback` is where the authorization server sends the browser: by a redirect, or where `form_post` was asked for by a form, whose `Origin` is that
 * server's or `null`. Whose answer it is, the transaction cookie says.
 */
@Injectable()
export class CallbackGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const { formPost } = frontendOf(request);
    if (!(formPost && request.method === 'POST')) checkGet(request, formPost ? 'GET, POST' : 'GET');
    checkTopLevel(request);
    return true;
  }
}

/** `/login` is both: JSON for a script, a redirect for a navigation. */
@Injectable()
export class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    checkGet(request);
    if (wantsJson(request)) checkScript(request, frontendOf(request));
    else checkNavigation(request);
    return true;
  }
}

export function wantsJson(request: Request): boolean {
  const accept = request.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

/** Another origin's page started it. A browser too old to say so isn't believed to be one. */
export function isCrossSite(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** The user did something here: a script of the app's, or a navigation within it. A sibling's image or form keeps no session alive (B10). */
export function isActivity(request: Request, frontend: Frontend): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  const navigation = mode === 'navigate' && (site === 'same-origin' || site === 'none');
  return navigation || refusalOfScript(request, frontend) === undefined;
}

function checkScript(request: Request, frontend: Frontend): void {
  const refusal = refusalOfScript(request, frontend);
  if (refusal !== undefined) throw new BffError(refusal);
}

export function refusalOfScript(
  { headers }: Request,
  frontend: Frontend,
): 'cross_site_request' | 'csrf_header_missing' | undefined {
  const { origin, 'sec-fetch-site': site, 'x-csrf': csrf } = headers;
  // fetch() of another origin always says `Origin`; a form or an image of a sibling says only `same-site`
  const foreign = origin === undefined ? site === 'same-site' || site === 'cross-site' : !frontend.allowsOrigin(origin);
  if (foreign || !isKnownSite(site)) return 'cross_site_request';
  return csrf === '1' ? undefined : 'csrf_header_missing';
}

/** What a page of this site may say; two values in one field are none of these. */
function isKnownSite(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'same-site' || site === 'none';
}

/** Express answers HEAD by the GET handler, which here would push a request or take a transaction. */
function checkGet({ method }: Request, allow = 'GET'): void {
  if (method !== 'GET') throw new BffError('method_not_allowed', { allow });
}

function checkNavigation(request: Request): void {
  checkGet(request);
  checkTopLevel(request);
}

function checkTopLevel({ headers }: Request): void {
  const mode = headers['sec-fetch-mode'] ?? 'navigate';
  const destination = headers['sec-fetch-dest'] ?? 'document';
  const prefetch = /prefetch|prerender/.test(String(headers['sec-purpose'] ?? headers['purpose']));
  if (mode !== 'navigate' || destination !== 'document' || prefetch) throw new BffError('navigation_required');
}
