import type { FrontendOptions } from '../bff.options.js';

/**
 * The `resource` of a token request (RFC 8707 §2.2). Of several, some servers let a token request name only one; where it names none, the token is for
 * all that were granted.
 */
export function resourceIndicator({ resources }: FrontendOptions): Record<string, string> {
  const [resource, ...others] = resources;
  return resource === undefined || others.length > 0 ? {} : { resource };
}
