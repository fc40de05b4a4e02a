/**
 * What tells one access token of a client's or user's from another in a token request: its scope (RFC 6749 §3.3), the API it's for (RFC 8707 §2), and
 * where servers want that instead the `audience` (RFC 8693 §2.1; others have it without a standard).
 */
export interface TokenParameters {
  scope?: string | undefined;
  resource?: string | undefined;
  audience?: string | undefined;
}

/** As they stand in the request. */
export function parametersOf({ scope, resource, audience }: TokenParameters): Record<string, string> {
  return {
    ...(scope !== undefined && { scope }),
    ...(resource !== undefined && { resource }),
    ...(audience !== undefined && { audience }),
  };
}
