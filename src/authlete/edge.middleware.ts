import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { methodNotAllowed } from './endpoint-error.js';
import { EndpointErrorFilter } from './endpoint-error.filter.js';
import { addressOf, METHODS } from './endpoints.js';

/** What holds at each of our addresses. */
@Injectable()
export class EdgeMiddleware implements NestMiddleware {
  constructor(@Inject(EndpointErrorFilter) private readonly errors: EndpointErrorFilter) {}

  use(request: Request, response: Response, next: NextFunction): void {
    const methods = METHODS.get(addressOf(request));
    if (methods === undefined) return next();
    // RFC 6749 §5.1: whatever is said here is for one client, once
    response.setHeader('Cache-Control', 'no-store').setHeader('Pragma', 'no-cache');
    // Express would answer HEAD by the handler of GET, which spends things
    if (methods.includes(request.method)) return next();
    this.errors.answer(methodNotAllowed(methods), request, response);
  }
}
