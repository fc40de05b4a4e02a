import type { Request } from 'express';
import type { LoginParameter } from '../bff.options.js';
import { isCrossSite, wantsJson } from '../csrf.guard.js';
import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { checkedAuthorizationDetails } from './authorization-details.js';
import { checkedReturnTo } from './return-to.js';

/** What the browser asked `/login` for, checked. */
export interface LoginRequest {
  returnTo: string;
  parameters: Partial<Record<LoginParameter, string>>;
}

/** Characters. */
const LONGEST_DETAILS = 2000;

const TOKENS = (token: string) => new RegExp(`^${token}( ${token}){0,9}$`);

/** The closed list: a parameter that isn't here never reaches the authorization server. `authorization_details` has a check of its own. */
const CHECKS: Record<LoginParameter, (value: string) => boolean> = {
  prompt: value =>
    value === 'none' ||
    (TOKENS('(login|consent|select_account|create)').test(value) &&
      new Set(value.split(' ')).size === value.split(' ').length),
  login_hint: value => /^[^\p{C}]{1,200}$/u.test(value),
  ui_locales: value => value.length <= 200 && TOKENS('[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*').test(value),
  acr_values: value => value.length <= 200 && TOKENS('[A-Za-z0-9._~:/-]+').test(value),
  max_age: value => /^\d{1,8}$/.test(value) && Number(value) <= 31_536_000,
  authorization_details: value => value.length <= LONGEST_DETAILS,
};

export function readLoginRequest(request: Request, frontend: Frontend): LoginRequest {
  const query = queryOf(request);
  const { return_to: returnTo = '/', ...others } = Object.fromEntries(query);
  for (const [name, value] of Object.entries(others)) {
    if (!isAllowed(name, frontend) || !CHECKS[name](value)) throw new BffError('invalid_login_parameter');
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

/** What the operator has set for every request isn't the browser's to weaken. */
function isAllowed(name: string, { options }: Frontend): name is LoginParameter {
  const fixed = Object.hasOwn(options.authorizationParams, name);
  return Object.hasOwn(CHECKS, name) && !fixed && options.loginParameters.some(allowed => allowed === name);
}
