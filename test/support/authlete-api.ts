import type { Credentials } from '../../src/dev/authlete-emulator/index.js';

export type ApiVersion = 'v2' | 'v3';

/** Where the API is, and what one version of it wants to see. */
export interface ApiTarget {
  url: string;
  version: ApiVersion;
  credentials: Credentials;
}

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

export type Call = (api: string, body?: Record<string, unknown>) => Promise<ApiAnswer>;

/** Straight at the API, without our own client of it: POST with a body, else GET. */
export function caller({ url, version, credentials }: ApiTarget): Call {
  const { serviceId, accessToken, apiKey, apiSecret } = credentials;
  const prefix = version === 'v2' ? '/api/' : `/api/${serviceId}/`;
  const basic = Buffer.from(`${apiKey}:${apiSecret}`).toString('base64');
  const authorization = version === 'v2' ? `Basic ${basic}` : `Bearer ${accessToken}`;
  return async (api, body) => {
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(url + prefix + api, { ...post, headers, redirect: 'manual' });
    // whatever comes: tests look at it member by member
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
}

/** What the authorization server's client gets to see, as JSON. */
export function contentOf({ body }: ApiAnswer): Record<string, unknown> {
  // whatever comes: tests look at it member by member
  return JSON.parse(String(body['responseContent'])) as Record<string, unknown>;
}

/** What stands in the redirect, in its query or behind its #. */
export function redirectOf({ body }: ApiAnswer): URLSearchParams {
  const uri = new URL(String(body['responseContent']));
  return uri.hash ? new URLSearchParams(uri.hash.slice(1)) : uri.searchParams;
}
