import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { OPTIONS } from './bff.module-definition.js';
import type { BffOptions } from './bff.options.js';
import { clientAddressReader } from './client-address.js';
import { withoutAmbiguousCookies } from './cookies.js';
import { ErrorFilter } from './error.filter.js';
import { BffError } from './errors.js';
import { type Frontend, Frontends } from './frontend.js';
import { inTurn } from './turn.js';
import { upgradeOf } from './upgrade.js';
import { limitUnread } from './unread-body.js';

/** The first step of every request: whose it is, where it came from, and what CORS says. */
@Injectable()
export class EdgeMiddleware implements NestMiddleware {
  private readonly readClientAddress: (request: Request) => void;

  constructor(
    @Inject(OPTIONS) options: BffOptions,
    @Inject(Frontends) private readonly frontends: Frontends,
    @Inject(ErrorFilter) private readonly errors: ErrorFilter,
  ) {
    this.readClientAddress = clientAddressReader(options.trustedProxies);
  }

  use(request: Request, response: Response, next: NextFunction): void {
    inTurn(request, response, () => this.begin(request, response, next));
  }

  private begin(request: Request, response: Response, next: NextFunction): void {
    limitUnread(request, response);
    try {
      const frontend = this.frontends.resolve(request);
      // RFC 9112 §2.6: Node's parser takes 0.9 and 2.0, too, which nobody speaks here
      if (request.httpVersionMajor !== 1) throw new BffError('invalid_request');
      if (namesTwoHosts(request)) throw new BffError('invalid_request');
      // absolute form (RFC 9112 §3.2.2) is for proxies: it names a second host, which nothing here should ever look at
      if (!request.originalUrl.startsWith('/')) throw new BffError('invalid_request');
      if (!isLegible(request.originalUrl)) throw new BffError('invalid_request');
      if (upgradeOf(request)?.hasMore) throw new BffError('upgrade_refused');
      this.readClientAddress(request);
      request.headers.cookie = withoutAmbiguousCookies(request.headers.cookie);
      // express-session silently sets no Secure cookie otherwise; behind a TLS terminator the socket is plain
      Object.defineProperty(request, 'secure', { value: frontend.secureCookies });
      if (answeredCors(request, response, frontend)) return;
    } catch (error) {
      this.errors.answer(error, request, response);
      return;
    }
    next();
  }
}

/** RFC 9112 §3.2: whoever is in front of us may have read the other one. Node takes the first and drops the rest. */
function namesTwoHosts({ rawHeaders }: Request): boolean {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.length === 4 && /^host$/i.test(name)).length > 1;
}

/** RFC 3986 §2.1, §2.5: escapes in a path are two digits each, and UTF-8 together. */
function isLegible(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '');
    return true;
  } catch {
    return false;
  }
}

/** Fetch standard, CORS protocol: the exact origin, with credentials, or nothing. A preflight is answered here and goes no further (B19, B24). */
function answeredCors(request: Request, response: Response, { options }: Frontend): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (options.allowedOrigins.length > 0) response.appendHeader('Vary', 'Origin');
  const allowed = origin !== undefined && options.allowedOrigins.includes(origin);
  if (allowed) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After, ETag, Location');
  }
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return false;
  if (!allowed) throw new BffError('cross_site_request');
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
  response.setHeader('Access-Control-Allow-Headers', request.headers['access-control-request-headers'] ?? 'x-csrf');
  response.setHeader('Access-Control-Max-Age', '600');
  response.status(204).end();
  return true;
}
