import type { FrontendOptions, LoginParameter } from './bff.options.js';

/** Characters. */
const LONGEST_DETAILS = 2000;

const TOKENS = (token: string) => new RegExp(`^${token}( ${token}){0,9}$`);

/** The closed list: a parameter that isn't here never reaches the authorization server. `authorization_details` has a further check of its own. */
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

/** What a login may be asked for beyond the operator's own settings, whoever has thought of it: the app, or an API that wants more (RFC 9470). */
export function mayBeAskedFor(options: FrontendOptions, name: string, value: string): boolean {
  return isAllowed(options, name) && CHECKS[name](value);
}

/** What the operator has set for every request isn't the browser's to weaken. */
function isAllowed(options: FrontendOptions, name: string): name is LoginParameter {
  const fixed = Object.hasOwn(options.authorizationParams, name);
  return Object.hasOwn(CHECKS, name) && !fixed && options.loginParameters.some(allowed => allowed === name);
}
