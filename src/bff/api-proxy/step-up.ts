import type { StepUp } from '../errors.js';
import type { Frontend } from '../frontend.js';
import { mayBeAskedFor } from '../login-parameters.js';
import { challengesOf } from './challenge.js';
import { fieldsOf, valuesOf } from './fields.js';
import type { ApiAnswer } from './exchange.js';

const SCHEMES = ['bearer', 'dpop'];
const PARAMETERS = ['acr_values', 'max_age'];

/** The token is good, and the login behind it isn't fresh or strong enough for this call (RFC 9470 §3): a refresh would change nothing. */
export function demandsStepUp(answer: ApiAnswer): boolean {
  return demandOf(answer) !== undefined;
}

/**
 * What the API asks a login for, by the same list and checks as what the browser asks for itself. `undefined`: it asks for nothing, or for something that
 * isn't the browser's to ask for, or says the token again. A part of it would be of no use.
 */
export function stepUpOf(answer: ApiAnswer, { options }: Frontend, secrets: readonly string[]): StepUp | undefined {
  const demand = demandOf(answer);
  const asked = [...(demand ?? [])].filter(([name]) => PARAMETERS.includes(name));
  const isOffered = ([name, value]: [string, string]): boolean =>
    mayBeAskedFor(options, name, value) && !secrets.some(secret => value.includes(secret));
  return asked.length > 0 && asked.every(isOffered) ? Object.fromEntries(asked) : undefined;
}

function demandOf({ status, rawHeaders }: ApiAnswer): ReadonlyMap<string, string> | undefined {
  if (status !== 401) return undefined;
  const challenges = challengesOf(valuesOf(fieldsOf(rawHeaders), 'www-authenticate'));
  const isDemand = ({ scheme, parameters }: (typeof challenges)[number]): boolean =>
    SCHEMES.includes(scheme) && parameters.get('error') === 'insufficient_user_authentication';
  return challenges.find(isDemand)?.parameters;
}
