import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import { pushProblem, requiresPush } from './endpoints.js';
import { changed, take } from './lies.js';
import { requestIn } from './request.js';
import { html, respond } from './response.js';
import type { Hostile } from '../hostile-authorization-server.js';

/** Redirects at once with the response, or shows a form that does so when it is submitted. */
export async function authorization(hostile: Hostile, call: Call): Promise<Answer> {
  const waiting = hostile.takeInteraction(call.params.get('interaction') ?? '');
  if (waiting !== undefined) return waiting;
  const request = requested(hostile, call.params);
  if (request === undefined) return expired(hostile);
  const lie = take(hostile.lies, 'authorization');
  const honest: Record<string, string> = { code: newCode(hostile, request), iss: hostile.issuer };
  const state = request.get('state');
  if (state !== null) honest.state = state;
  const answer = await respond(hostile, request, changed(honest, lie?.parameters), lie);
  return lie?.form === true ? form(hostile, answer) : answer;
}

function requested(hostile: Hostile, params: URLSearchParams): URLSearchParams | undefined {
  if (params.get('client_id') !== hostile.client.client_id) return undefined;
  const uri = params.get('request_uri');
  const request = uri === null ? plain(hostile, params) : hostile.grants.takePushed(uri);
  const redirectUri = request?.get('redirect_uri');
  if (redirectUri !== undefined && redirectUri !== null) hostile.lastRedirectUri = redirectUri;
  return request;
}

function plain(hostile: Hostile, params: URLSearchParams): URLSearchParams | undefined {
  const request = requestIn(params);
  return requiresPush(hostile) || pushProblem(hostile, request) !== undefined ? undefined : request;
}

function newCode(hostile: Hostile, request: URLSearchParams): string {
  const authTime = Math.floor(Date.now() / 1000);
  return hostile.grants.issue('code', { sub: hostile.user, sid: randomUUID(), authTime, request, revoked: false });
}

/** As oidc-provider does it: the state was in the request that nobody knows any more. */
async function expired(hostile: Hostile): Promise<Answer> {
  if (hostile.lastRedirectUri === undefined) return { status: 400, headers: html, body: '<p>invalid_request_uri</p>' };
  const response = { error: 'invalid_request_uri', iss: hostile.issuer };
  return respond(hostile, new URLSearchParams({ redirect_uri: hostile.lastRedirectUri }), response, undefined);
}

function form(hostile: Hostile, answer: Answer): Answer {
  const field = `<input type="hidden" name="interaction" value="${hostile.holdInteraction(answer)}">`;
  const body = `<form method="post" action="/authorize">${field}<input name="password"><button>Log in</button></form>`;
  return { status: 200, headers: html, body };
}
