import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { TLSSocket } from 'node:tls';
import { AUTHLETE_OPTIONS, type AuthleteOptions } from './authlete.options.js';
import { terminatorReader } from './client-certificate.js';
import { invalidRequest, methodNotAllowed } from './endpoint-error.js';
import { EndpointErrorFilter } from './endpoint-error.filter.js';
import { addressOf, METHODS } from './endpoints.js';

/** What holds at each of our addresses. */
@Injectable()
export class EdgeMiddleware implements NestMiddleware {
  private readonly isInTheClear: (request: Request) => boolean;

  constructor(
    @Inject(AUTHLETE_OPTIONS) options: AuthleteOptions,
    @Inject(EndpointErrorFilter) private readonly errors: EndpointErrorFilter,
  ) {
    this.isInTheClear = inTheClear(options);
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const methods = METHODS.get(addressOf(request));
    if (methods === undefined) return next();
    // RFC 6749 §5.1: whatever is said here is for one client, once
    response.setHeader('Cache-Control', 'no-store').setHeader('Pragma', 'no-cache');
    if (this.isInTheClear(request)) {
      return this.errors.answer(invalidRequest('This address is reached over https alone.', 403), request, response);
    }
    // Express would answer HEAD by the handler of GET, which spends things
    if (methods.includes(request.method)) return next();
    this.errors.answer(methodNotAllowed(methods), request, response);
  }
}

/** Where a terminator is named, plain http is for it alone: from anybody else, passwords and tokens would come unencrypted. */
function inTheClear(options: AuthleteOptions): (request: Request) => boolean {
  const { issuer, trustedTlsTerminator } = options;
  if (trustedTlsTerminator === undefined || !issuer.startsWith('https:')) return () => false;
  const terminatorBefore = terminatorReader(options);
  return request => !(request.socket instanceof TLSSocket) && terminatorBefore(request) === undefined;
}
