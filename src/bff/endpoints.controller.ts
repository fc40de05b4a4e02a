import { All, Controller, Req, UseFilters } from '@nestjs/common';
import type { Request } from 'express';
import { ENDPOINTS } from './endpoints.js';
import { ErrorFilter } from './error.filter.js';
import { BffError } from './errors.js';
import { frontendOf } from './frontend.js';

/** Comes last: an endpoint that is there, asked with a method that it doesn't take. */
@Controller()
@UseFilters(ErrorFilter)
export class EndpointsController {
  @All(Object.keys(ENDPOINTS))
  refuse(@Req() request: Request): never {
    const frontend = frontendOf(request);
    const path = request.path.replace(/\/$/, '').toLowerCase();
    const [endpoint, methods] = Object.entries(ENDPOINTS).find(([known]) => isAt(frontend.path(known), path)) ?? [];
    const allow = endpoint === '/callback' && frontend.formPost ? 'GET, POST' : methods;
    throw new BffError('method_not_allowed', allow === undefined ? {} : { allow });
  }
}

/** `:name` is any one segment. */
function isAt(known: string, path: string): boolean {
  const asked = path.split('/');
  const segments = known.split('/');
  return segments.length === asked.length && segments.every((each, at) => each.startsWith(':') || each === asked[at]);
}
