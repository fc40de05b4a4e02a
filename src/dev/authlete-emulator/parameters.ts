import { OAuthError } from './oauth-error.js';
import type { Properties } from './properties.js';

/** `resource` may stand there more than once (RFC 8707 §2). */
const REPEATABLE = new Set(['resource']);

/** What the client sent, as the authorization server has forwarded it: a query or a form. */
export function parametersOf(call: Properties): URLSearchParams {
  const parameters = call.text('parameters');
  // authlete.md: `parameters` is required. No source for the answer.
  if (parameters === undefined) throw new OAuthError('EMU-NO-PARAMETERS', 'invalid_request', 'parameters is missing.');
  const parsed = new URLSearchParams(parameters);
  for (const name of parsed.keys()) {
    // RFC 6749 §3.1 and §3.2.
    if (parsed.getAll(name).length > 1 && !REPEATABLE.has(name)) {
      throw new OAuthError('EMU-REPEATED', 'invalid_request', `${name} is there more than once.`);
    }
  }
  return parsed;
}

/** A parameter without a value counts as left out (RFC 6749 §3.1). */
export function given(parameters: URLSearchParams, name: string): string | undefined {
  return parameters.get(name) || undefined;
}

/** Space-separated (RFC 6749 §3.3). */
export function words(value: string | undefined): string[] {
  return value?.split(' ').filter(word => word !== '') ?? [];
}
