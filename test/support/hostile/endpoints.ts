import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import { tokenTypeFor } from './dpop.js';
import { encrypt } from './encryption.js';
import { clientToken, exchangedToken, TOKEN_EXCHANGE } from './further-grants.js';
import { verifies, type Grant } from './grants.js';
import { keySet, sign } from './keys.js';
import { changed, take, type IdTokenLie } from './lies.js';
import { requestIn } from './request.js';
import type { Hostile } from '../hostile-authorization-server.js';

export function discoveryDocument({ issuer }: Hostile): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: true,
    revocation_endpoint: `${issuer}/revoke`,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/end-session`,
    jwks_uri: `${issuer}/jwks`,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', TOKEN_EXCHANGE],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  };
}

export const discovery = async (hostile: Hostile): Promise<Answer> => ({
  status: 200,
  body: discoveryDocument(hostile),
});

export const jwks = async (hostile: Hostile): Promise<Answer> => ({
  status: 200,
  body: { ...(await keySet(hostile.lies.jwks?.twins === true)) },
});

export async function par(hostile: Hostile, call: Call): Promise<Answer> {
  if (!isAuthenticated(call)) return invalidClient(call);
  const request = requestIn(call.params);
  const problem = pushProblem(hostile, request);
  if (problem !== undefined) return invalid('invalid_request', problem);
  request.delete('client_secret');
  const expiresIn = 60;
  return { status: 201, body: { request_uri: hostile.grants.push(request, expiresIn), expires_in: expiresIn } };
}

export function pushProblem(hostile: Hostile, params: URLSearchParams): string | undefined {
  // a resource indicator is the only parameter that may be repeated (RFC 8707 §2)
  const repeated = [...params.keys()].find(name => name !== 'resource' && params.getAll(name).length > 1);
  if (repeated !== undefined) return `${repeated} stands twice`;
  if (params.has('request_uri')) return 'request_uri must not be pushed'; // RFC 9126 §2.1
  if (params.get('client_id') !== hostile.client.client_id) return 'client_id is wrong or missing';
  if (params.get('response_type') !== 'code') return 'response_type must be code';
  if (params.get('redirect_uri') === null) return 'redirect_uri is missing';
  if (params.get('code_challenge_method') !== 'S256') return 'code_challenge_method must be S256';
  return /^[\w-]{43}$/.test(params.get('code_challenge') ?? '') ? undefined : 'code_challenge is wrong or missing';
}

export async function token(hostile: Hostile, call: Call): Promise<Answer> {
  if (!isAuthenticated(call)) return invalidClient(call);
  if (call.grantType === 'refresh_token') return refresh(hostile, call);
  if (call.grantType === 'client_credentials') return clientToken(hostile, call);
  if (call.grantType === TOKEN_EXCHANGE) return exchangedToken(hostile, call);
  if (call.grantType !== 'authorization_code') return invalid('unsupported_grant_type', 'unknown grant');
  const { params } = call;
  const grant = hostile.grants.take(params.get('code') ?? '');
  if (grant === undefined) return invalid('invalid_grant', 'the code is unknown or used');
  if (grant.request.get('redirect_uri') !== params.get('redirect_uri'))
    return invalid('invalid_grant', 'redirect_uri differs');
  const proven = verifies(grant.request.get('code_challenge'), params.get('code_verifier'));
  return proven ? tokens(hostile, call, grant, 'idToken') : invalid('invalid_grant', 'code_verifier differs');
}

async function refresh(hostile: Hostile, call: Call): Promise<Answer> {
  const grant = hostile.grants.take(call.params.get('refresh_token') ?? '');
  if (grant === undefined) return invalid('invalid_grant', 'the refresh token is unknown or used');
  return tokens(hostile, call, grant, 'refreshedIdToken');
}

async function tokens(
  hostile: Hostile,
  call: Call,
  grant: Grant,
  slot: 'idToken' | 'refreshedIdToken',
): Promise<Answer> {
  const body = {
    access_token: hostile.grants.issue('access_token', grant),
    token_type: tokenTypeFor(call),
    expires_in: hostile.accessTokenLifetime,
    refresh_token: hostile.grants.issue('refresh_token', grant),
    id_token: await idToken(hostile, grant, hostile.chosen.idToken?.(grant.request) ?? take(hostile.lies, slot)),
    scope: grant.request.get('scope') ?? 'openid',
  };
  return { status: 200, body };
}

async function idToken(hostile: Hostile, grant: Grant, lie: IdTokenLie | undefined): Promise<unknown> {
  if (lie?.raw !== undefined) return lie.raw;
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: hostile.issuer,
    sub: grant.sub,
    aud: hostile.client.client_id,
    exp: iat + 3600,
    iat,
    jti: randomUUID(),
    auth_time: grant.authTime,
    sid: grant.sid,
    ...fromRequest(grant.request, 'nonce', 'nonce'),
    ...fromRequest(grant.request, 'acr_values', 'acr'),
  };
  const signed = hostile.grants.record('id_token', await sign(claims, hostile.client.client_secret, lie));
  const { encryption } = hostile;
  return encryption ? hostile.grants.record('id_token', await encrypt(signed, encryption)) : signed;
}

function fromRequest(request: URLSearchParams, parameter: string, claim: string): Record<string, string> {
  const value = request.get(parameter)?.split(' ')[0];
  return value === undefined ? {} : { [claim]: value };
}

export async function userinfo(hostile: Hostile, { headers }: Call): Promise<Answer> {
  const grant = hostile.grants.find(headers.authorization?.replace(/^(?:Bearer|DPoP) /, '') ?? '');
  if (grant === undefined) return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
  const { sub } = grant;
  return {
    status: 200,
    body: { sub, name: `${sub} of Hostile`, email: `${sub}@hostile.example`, email_verified: true },
  };
}

export async function revocation(hostile: Hostile, call: Call): Promise<Answer> {
  if (!isAuthenticated(call)) return invalidClient(call);
  hostile.grants.revoke(call.params.get('token') ?? '');
  return { status: 200 };
}

export async function endSession(_hostile: Hostile, { params }: Call): Promise<Answer> {
  const back = params.get('post_logout_redirect_uri');
  if (back === null)
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>You are logged out.</p>' };
  const url = new URL(back);
  const state = params.get('state');
  if (state !== null) url.searchParams.set('state', state);
  return { status: 303, headers: { location: url.href } };
}

const isAuthenticated = ({ clientAuthentication }: Call) => ['basic', 'post', 'jwt'].includes(clientAuthentication);

function invalidClient({ headers }: Call): Answer {
  const challenge = headers.authorization === undefined ? {} : { 'www-authenticate': 'Basic realm="hostile"' };
  return { status: 401, headers: challenge, body: { error: 'invalid_client' } };
}

const invalid = (error: string, error_description: string): Answer => ({
  status: 400,
  body: { error, error_description },
});

/** Whether the document of this moment asks for pushed requests, lies included. */
export function requiresPush(hostile: Hostile): boolean {
  const document = changed(discoveryDocument(hostile), hostile.lies.discovery?.members);
  return document.require_pushed_authorization_requests === true;
}
