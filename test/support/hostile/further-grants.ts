import type { Answer } from './answer.js';
import type { Call } from './call.js';
import { tokenTypeFor } from './dpop.js';
import type { Hostile } from '../hostile-authorization-server.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 8693 §2.2.1. */
export function exchangedToken(hostile: Hostile, call: Call): Answer {
  const { params } = call;
  const subject = hostile.grants.find(params.get('subject_token') ?? '');
  const types = ['subject_token_type', 'requested_token_type'].map(name => params.get(name));
  if (!subject || types.some(type => type !== ACCESS_TOKEN)) return { status: 400, body: { error: 'invalid_request' } };
  const body = {
    access_token: hostile.grants.issue('access_token', subject),
    issued_token_type: ACCESS_TOKEN,
    token_type: tokenTypeFor(call),
    expires_in: hostile.accessTokenLifetime,
  };
  return { status: 200, body };
}

/** RFC 6749 §4.4.3. */
export function clientToken(hostile: Hostile, call: Call): Answer {
  const { params } = call;
  const grant = { sub: hostile.client.client_id, sid: '', authTime: 0, request: params, revoked: false };
  const scope = params.get('scope');
  const body = {
    access_token: hostile.grants.issue('access_token', grant),
    token_type: tokenTypeFor(call),
    expires_in: hostile.accessTokenLifetime,
    ...(scope !== null && { scope }),
  };
  return { status: 200, body };
}
