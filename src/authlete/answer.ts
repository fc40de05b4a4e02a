import type { Response } from 'express';
import { type AuthleteAnswer, type AuthleteApiName, AuthleteError } from './authlete-api.js';
import { BASIC_CHALLENGE, EndpointError } from './endpoint-error.js';

interface Exchange {
  api: AuthleteApiName;
  response: Response;
  result: AuthleteAnswer;
  /** The client authenticated by `Authorization`. */
  authorization: boolean;
}
type End = (exchange: Exchange) => void;

const internalError = json(500);
const inBrowsers = { LOCATION: redirect, FORM: form, BAD_REQUEST: json(400), INTERNAL_SERVER_ERROR: internalError };
const forTokens = {
  BAD_REQUEST: challenge(400),
  UNAUTHORIZED: challenge(401),
  FORBIDDEN: challenge(403),
  INTERNAL_SERVER_ERROR: challenge(500),
};

/**
 * The one table of what leaves: API → action → answer. `goes on` leaves it to the endpoint, the others end the exchange. Sources: Authlete API v3,
 * pushed_auth_req, auth/authorization (+ issue, fail), auth/token, auth/revocation, auth/userinfo (+ issue).
 */
export const ANSWERS: Readonly<Record<AuthleteApiName, Readonly<Record<string, End | 'goes on'>>>> = {
  pushed_auth_req: {
    CREATED: json(201),
    BAD_REQUEST: json(400),
    UNAUTHORIZED: json(401),
    FORBIDDEN: json(403),
    PAYLOAD_TOO_LARGE: json(413),
    INTERNAL_SERVER_ERROR: internalError,
  },
  'auth/authorization': { INTERACTION: 'goes on', NO_INTERACTION: 'goes on', ...inBrowsers },
  'auth/authorization/issue': inBrowsers,
  'auth/authorization/fail': inBrowsers,
  'auth/token': {
    OK: json(200),
    // “execute the same steps as for OK” is one of the two choices there; the other would reissue the ID token
    ID_TOKEN_REISSUABLE: json(200),
    INVALID_CLIENT: json(401),
    BAD_REQUEST: json(400),
    INTERNAL_SERVER_ERROR: internalError,
    PASSWORD: otherGrant,
    TOKEN_EXCHANGE: otherGrant,
    JWT_BEARER: otherGrant,
    NATIVE_SSO: otherGrant,
  },
  'auth/revocation': {
    OK: ({ response }) => void response.status(200).end(),
    INVALID_CLIENT: json(401),
    BAD_REQUEST: json(400),
    INTERNAL_SERVER_ERROR: internalError,
  },
  'auth/userinfo': { OK: 'goes on', ...forTokens },
  'auth/userinfo/issue': { JSON: json(200), JWT: body(200, 'application/jwt'), ...forTokens },
};

/**
 * Says to the client what Authlete wants said. False when the action leaves that to the endpoint. Throws `AuthleteError` for an action that the
 * API doesn't have, and for an answer that can't be sent.
 */
export function answer(
  response: Response,
  api: AuthleteApiName,
  result: AuthleteAnswer,
  { authorization = false }: { authorization?: boolean } = {},
): boolean {
  const exchange = { api, response, result, authorization };
  const end = Object.hasOwn(ANSWERS[api], result.action) ? ANSWERS[api][result.action] : undefined;
  if (end === undefined) throw malformed(exchange, 'the action is none of this API');
  passNonce(exchange);
  if (end === 'goes on') return false;
  end(exchange);
  return true;
}

function json(status: number): End {
  return body(status, 'application/json');
}

function body(status: number, type: string): End {
  return exchange => {
    const content = contentOf(exchange);
    const { response, authorization } = exchange;
    if (status === 401 && authorization) response.setHeader('WWW-Authenticate', BASIC_CHALLENGE);
    // not Express's send, which adds a charset and an ETag
    response.status(status).setHeader('Content-Type', type).end(content);
  };
}

/** OAuth 2.0 Form Post Response Mode §2. The page may not be framed, and runs a script of its own. */
function form(exchange: Exchange): void {
  const content = contentOf(exchange);
  exchange.response.setHeader('Content-Security-Policy', "frame-ancestors 'none'");
  exchange.response.status(200).setHeader('Content-Type', 'text/html;charset=UTF-8').end(content);
}

function redirect(exchange: Exchange): void {
  const location = lineOf(exchange);
  if (!URL.canParse(location)) throw malformed(exchange, 'responseContent is no URL');
  exchange.response.status(302).setHeader('Location', location).end();
}

/** RFC 6750 §3: a resource says in its challenge what is wrong with the token. */
function challenge(status: number): End {
  return exchange => {
    exchange.response.setHeader('WWW-Authenticate', lineOf(exchange));
    exchange.response.status(status).end();
  };
}

function otherGrant(): never {
  throw new EndpointError(400, 'unsupported_grant_type', 'This grant type is not served here.');
}

/** RFC 9449 §8.1 has its characters. */
function passNonce(exchange: Exchange): void {
  const { dpopNonce } = exchange.result;
  if (dpopNonce === undefined) return;
  if (!/^[!#-[\]-~]+$/.test(dpopNonce)) throw malformed(exchange, 'dpopNonce is no nonce');
  exchange.response.setHeader('DPoP-Nonce', dpopNonce);
}

function contentOf(exchange: Exchange): string {
  const { responseContent } = exchange.result;
  if (responseContent === undefined) throw malformed(exchange, 'there is no responseContent');
  return responseContent;
}

/** What is to stand in a header. */
function lineOf(exchange: Exchange): string {
  const content = contentOf(exchange);
  if (!/^[ -~]+$/.test(content)) throw malformed(exchange, 'responseContent is no line of visible characters');
  return content;
}

function malformed({ api, result: { resultCode } }: Exchange, reason: string): AuthleteError {
  return new AuthleteError('malformed', {
    api,
    reason,
    resultCode: typeof resultCode === 'string' ? resultCode : undefined,
  });
}
