import { answer, type Answer } from './oauth-error.js';
import { given, words } from './parameters.js';
import type { State } from './state.js';

/** Where to, and how: what is known of a request that has to be answered through the browser. */
export interface Redirection {
  redirectUri: string;
  parameters: URLSearchParams;
}

type Members = Readonly<Record<string, string | undefined>>;

/** LOCATION, or FORM with `response_mode=form_post`; with `state` and the issuer's name (RFC 9207), unless `issSuppressed`. */
export function authorizationResponse(
  { redirectUri, parameters }: Redirection,
  state: State,
  [resultCode, message]: readonly [string, string],
  members: Members,
): Answer {
  const iss = state.service.flag('issSuppressed') ? undefined : state.service.text('issuer');
  const response = present({ ...members, state: given(parameters, 'state'), iss });
  const mode = given(parameters, 'response_mode') ?? defaultMode(parameters);
  if (mode === 'form_post')
    return answer(resultCode, message, 'FORM', { responseContent: form(redirectUri, response) });
  const uri = new URL(redirectUri);
  // OAuth 2.0 Multiple Response Types §2.1: what holds a token goes behind the #
  if (mode === 'fragment') uri.hash = response.toString();
  else for (const [name, value] of response) uri.searchParams.append(name, value);
  return answer(resultCode, message, 'LOCATION', { responseContent: uri.href });
}

function defaultMode(parameters: URLSearchParams): string {
  return words(given(parameters, 'response_type')).includes('id_token') ? 'fragment' : 'query';
}

function present(members: Members): URLSearchParams {
  const said = Object.entries(members).filter((member): member is [string, string] => member[1] !== undefined);
  return new URLSearchParams(said);
}

/** OAuth 2.0 Form Post Response Mode, Appendix A. */
function form(action: string, fields: URLSearchParams): string {
  const inputs = [...fields].map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}"/>`);
  return `<html><body onload="document.forms[0].submit()"><form method="post" action="${escaped(action)}">${inputs.join('')}</form></body></html>`;
}

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
