import type { NextFunction, Request, Response } from 'express';
import { invalidRequest } from './endpoint-error.js';
import { sendError } from './endpoint-error.filter.js';
import { addressOf, METHODS } from './endpoints.js';

/**
 * For a server that has the endpoints alone. What is meant for one of them and mistyped may hold secrets as well, so nobody keeps the answer, and
 * nothing is repeated in it.
 */
export function refuseUnknownAddress(request: Request, response: Response, next: NextFunction): void {
  if (METHODS.has(addressOf(request))) return next();
  response.setHeader('Cache-Control', 'no-store').setHeader('Pragma', 'no-cache');
  const refusal = isWellFormed(request.path)
    ? invalidRequest('There is nothing at this address.', 404)
    : invalidRequest('The address is malformed.');
  sendError(refusal, request, response);
}

function isWellFormed(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
