import { answer, type Answer } from './oauth-error.js';
import { unguessable } from './options.js';
import type { Properties } from './properties.js';
import type { Grant, TokenRecord } from './records.js';
import type { State } from './state.js';

/** A call of auth/token whose client is known. */
export interface TokenCall {
  parameters: URLSearchParams;
  client: Properties;
  state: State;
  /** Of the DPoP key that the tokens are to be bound to. */
  jkt?: string;
}

interface Issue {
  grant: Grant;
  scopes: string[];
  grantType: string;
  idToken?: string | undefined;
  jkt: string | undefined;
}

/** Opaque tokens of 43 characters (com); a refresh token for clients that may use one. The answer is TokenResponse, its content RFC 6749 §5.1. */
export function issueTokens(issue: Issue, state: State, [resultCode, message]: readonly [string, string]): Answer {
  const { grant, scopes, grantType, idToken, jkt } = issue;
  const [accessFor, refreshFor] = [state.duration('accessTokenDuration'), state.duration('refreshTokenDuration')];
  const refreshToken = mayRefresh(grant, state) ? unguessable() : undefined;
  const record: TokenRecord = {
    grant,
    scopes,
    accessToken: unguessable(),
    accessTokenExpiresAt: state.now() + accessFor,
    refreshTokenExpiresAt: state.now() + refreshFor,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(jkt !== undefined && { jkt }),
  };
  state.tokens.push(record);
  const content = {
    access_token: record.accessToken,
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: accessFor,
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
    refresh_token: refreshToken,
    id_token: idToken,
  };
  return answer(resultCode, message, 'OK', {
    responseContent: JSON.stringify(content),
    grantType,
    accessToken: record.accessToken,
    accessTokenDuration: accessFor,
    accessTokenExpiresAt: record.accessTokenExpiresAt * 1000,
    refreshToken,
    refreshTokenDuration: refreshToken === undefined ? 0 : refreshFor,
    refreshTokenExpiresAt: refreshToken === undefined ? 0 : record.refreshTokenExpiresAt * 1000,
    idToken,
    clientId: grant.request.clientId,
    subject: grant.subject,
    scopes,
  });
}

function mayRefresh({ request }: Grant, state: State): boolean {
  return [state.service.texts('supportedGrantTypes'), state.client(request.clientId)?.texts('grantTypes')].every(
    types => types?.includes('REFRESH_TOKEN'),
  );
}

/** One that can be used now. */
export function findAccessToken(token: string, state: State): TokenRecord | undefined {
  return state.tokens.find(record => record.accessToken === token && record.accessTokenExpiresAt > state.now());
}

export function findRefreshToken(token: string, state: State): TokenRecord | undefined {
  return state.tokens.find(record => record.refreshToken === token && record.refreshTokenExpiresAt > state.now());
}
