import { createHash } from 'node:crypto';
import { type ApiAnswer, type Call, contentOf, redirectOf } from './authlete-api.js';

/** A client with a secret shows it as with Basic; one without says its id alone. */
export interface FlowClient {
  clientId: string;
  clientSecret?: string;
  redirectUri: string;
}

/** Undefined leaves a parameter out. */
export type Changes = Record<string, string | undefined>;

export const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const SUBJECT = 'alice';

export function form(parameters: Changes): string {
  const present = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new URLSearchParams(present).toString();
}

/** The code flow with PKCE, as the seed article's client sends it. */
export function authorizationRequest({ clientId, redirectUri }: FlowClient, changes: Changes = {}): string {
  return form({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  });
}

const credentials = ({ clientId, clientSecret }: FlowClient) =>
  clientSecret === undefined ? {} : { clientId, clientSecret };

/** `beside`: further members of the call, beside `parameters`. */
export async function push(call: Call, client: FlowClient, changes?: Changes, beside = {}): Promise<ApiAnswer> {
  const parameters = authorizationRequest(client, changes);
  return call('pushed_auth_req', { ...credentials(client), parameters, ...beside });
}

export async function pushedUri(call: Call, client: FlowClient, changes?: Changes): Promise<string> {
  return String(contentOf(await push(call, client, changes))['request_uri']);
}

export async function authorize(call: Call, { clientId }: FlowClient, requestUri: string): Promise<ApiAnswer> {
  return call('auth/authorization', { parameters: form({ client_id: clientId, request_uri: requestUri }) });
}

/** Pushes, and brings the request_uri. */
export async function interaction(call: Call, client: FlowClient, changes?: Changes): Promise<ApiAnswer> {
  return authorize(call, client, await pushedUri(call, client, changes));
}

/** The user has logged in and agreed. */
export async function issue(call: Call, ticket: unknown, changes: Record<string, unknown> = {}): Promise<ApiAnswer> {
  return call('auth/authorization/issue', { ticket, subject: SUBJECT, ...changes });
}

export async function codeFor(call: Call, client: FlowClient, changes?: Changes): Promise<string> {
  const { body } = await interaction(call, client, changes);
  return redirectOf(await issue(call, body['ticket'])).get('code') ?? '';
}

export async function exchange(
  call: Call,
  client: FlowClient,
  code: string,
  changes: Changes = {},
  beside = {},
): Promise<ApiAnswer> {
  const parameters = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: VERIFIER,
  };
  return token(call, client, { ...parameters, ...changes }, beside);
}

export async function refresh(call: Call, client: FlowClient, refreshToken: unknown): Promise<ApiAnswer> {
  return token(call, client, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
}

async function token(call: Call, client: FlowClient, parameters: Changes, beside = {}): Promise<ApiAnswer> {
  const id = client.clientSecret === undefined ? { client_id: client.clientId } : {};
  return call('auth/token', { ...credentials(client), parameters: form({ ...parameters, ...id }), ...beside });
}

/** What the client gets at the end of it all. */
export async function tokensFor(call: Call, client: FlowClient, changes?: Changes): Promise<Record<string, unknown>> {
  return contentOf(await exchange(call, client, await codeFor(call, client, changes)));
}

export async function revoke(call: Call, client: FlowClient, revoked: unknown): Promise<ApiAnswer> {
  return call('auth/revocation', { ...credentials(client), parameters: form({ token: String(revoked) }) });
}
