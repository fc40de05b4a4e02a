import { type AccessToken, bearerToken, type Guard, insufficientScope, invalidToken, Refused } from './guard.js';

/** The Authlete service that issued the tokens, with one of the two credentials. */
export interface IntrospectionOptions {
  baseUrl: string;
  /** API v3. */
  serviceId?: string | undefined;
  accessToken?: string | undefined;
  /** API v2. */
  apiKey?: string | undefined;
  apiSecret?: string | undefined;
}

/** What a token is good for is asked anew at each call: the tokens say nothing by themselves (Authlete API, auth/introspection). */
export function introspectionGuard(options: IntrospectionOptions): Guard {
  const { url, authorization: ours } = api(options);
  return async (authorization, scope) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: ours, 'content-type': 'application/json' },
      body: JSON.stringify({ token: bearerToken(authorization), ...(scope !== undefined && { scopes: [scope] }) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`The introspection answered ${response.status}.`);
    const result: unknown = await response.json();
    return decided(isRecord(result) ? result : {}, scope);
  };
}

function api({ baseUrl, serviceId, accessToken, apiKey, apiSecret }: IntrospectionOptions) {
  const base = baseUrl.replace(/\/$/, '');
  return accessToken === undefined
    ? { url: `${base}/api/auth/introspection`, authorization: `Basic ${btoa(`${apiKey}:${apiSecret}`)}` }
    : { url: `${base}/api/${serviceId}/auth/introspection`, authorization: `Bearer ${accessToken}` };
}

/** Authlete says the challenge in `responseContent` (RFC 6750 §3). */
function decided(result: Record<string, unknown>, scope: string | undefined): AccessToken {
  const authenticate = typeof result['responseContent'] === 'string' ? result['responseContent'] : undefined;
  switch (result['action']) {
    case 'OK':
      return tokenOf(result);
    case 'BAD_REQUEST':
      throw new Refused(400, 'The call isn’t one that this API understands.', authenticate ?? 'Bearer');
    case 'UNAUTHORIZED':
      throw invalidToken(authenticate);
    case 'FORBIDDEN':
      throw insufficientScope(scope, authenticate);
    case 'INTERNAL_SERVER_ERROR':
      throw new Refused(500, 'The API’s authorization server has failed.', authenticate ?? 'Bearer');
    default:
      throw new Error('The introspection gave no answer that is known.');
  }
}

function tokenOf({ subject, scopes, authTime }: Record<string, unknown>): AccessToken {
  // a token of the client itself (client credentials) has no subject: this API is for people
  if (typeof subject !== 'string') throw invalidToken();
  return {
    sub: subject,
    scopes: new Set(Array.isArray(scopes) ? scopes.map(String) : []),
    authTime: typeof authTime === 'number' ? authTime : undefined,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
