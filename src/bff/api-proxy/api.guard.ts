import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { refusalOfScript } from '../csrf.guard.js';
import { BffError } from '../errors.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { upgradeOf } from '../upgrade.js';
import { targetOf } from './api-route.js';
import { isNavigable } from './route-rules.js';

/** As {@link CsrfGuard}; a `navigable` route does without the header for what the browser says that the app's own page links to or shows. */
@Injectable()
export class ApiGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const frontend = frontendOf(request);
    if (upgradeOf(request)) return checkHandshake(request, frontend);
    const refusal = refusalOfScript(request, frontend);
    if (refusal === undefined) return true;
    if (refusal === 'csrf_header_missing' && isLinkOfOwnPage(request) && isForLinks(request, frontend)) return true;
    throw new BffError(refusal);
  }
}

/**
 * A script's WebSocket can't send the header, nothing is preflighted, and cookies come along from wherever it's opened: its exact `Origin`, which browsers
 * always say, is all there is (RFC 6455 §10.2).
 */
function checkHandshake({ headers: { origin } }: Request, frontend: Frontend): true {
  if (origin !== undefined && frontend.allowsOrigin(origin)) return true;
  throw new BffError('cross_site_request');
}

/** What is shown and never runs. A script, a style sheet, a worker or a frame of an API's would be the app's own to its Content-Security-Policy (B25). */
const SHOWN = ['document', 'image', 'audio', 'video', 'track'];

/** A browser that doesn't say so isn't believed: a sibling's page may link here, too (B10). */
function isLinkOfOwnPage({ headers }: Request): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-dest': destination = '', 'sec-fetch-mode': mode } = headers;
  return site === 'same-origin' && (SHOWN.includes(destination) || isDownload(destination, mode));
}

/** Chromium's `<a download>`. No fetch() and no prefetch, which would leave a script in the cache, has the mode of a navigation (Fetch, “new Request”). */
function isDownload(destination: string, mode: string | undefined): boolean {
  return destination === 'empty' && mode === 'navigate';
}

function isForLinks({ method, originalUrl }: Request, frontend: Frontend): boolean {
  return isNavigable(method, targetOf(frontend, originalUrl).route.options);
}
