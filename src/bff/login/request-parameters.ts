import type { Request } from 'express';
import type { LoginParameter } from '../bff.options.js';
import { isCrossSite, wantsJson } from '../csrf.guard.js';
import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { mayBeAskedFor } from '../login-parameters.js';
import { checkedAuthorizationDetails } from './authorization-details.js';
import { checkedReturnTo } from './return-to.js';

/** What the browser asked `/login` for, checked. */
export interface LoginRequest {
  returnTo: string;
  parameters: Partial<Record<LoginParameter, string>>;
}

export function readLoginRequest(request: Request, frontend: Frontend): LoginRequest {
  const query = queryOf(request);
  const { return_to: returnTo = '/', ...others } = Object.fromEntries(query);
  for (const [name, value] of Object.entries(others)) {
    if (!mayBeAskedFor(frontend.options, name, value)) throw new BffError('invalid_login_parameter');
  }
  const { prompt, authorization_details: asked } = others;
  // somebody else's page may lead a user to the login, but neither probe silently who is logged in nor say in the app's name what they are to allow (F7)
  if ((prompt === 'none' || asked !== undefined) && isCrossSite(request) && !wantsJson(request))
    throw new BffError('cross_site_request');
  const details = asked === undefined ? {} : { authorization_details: checkedAuthorizationDetails(asked, frontend) };
  return { returnTo: checkedReturnTo(returnTo, frontend), parameters: { ...others, ...details } };
}

/** The query as it came. */
export function queryTextOf({ originalUrl }: Request): string {
  return originalUrl.split('?').slice(1).join('?');
}

/** Each name once: Express's parser would make arrays and objects of it. */
export function queryOf(request: Request): URLSearchParams {
  const query = new URLSearchParams(queryTextOf(request));
  if (new Set(query.keys()).size !== query.size)
    throw new BffError('invalid_request', { reason: 'a query parameter comes twice' });
  return query;
}
