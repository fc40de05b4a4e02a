import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Elsewhere } from './api/service-jwks.js';
import { type Api, APIS } from './apis.js';
import { nonceRequired } from './dpop.js';
import { type Fault, instead, send, spoilt } from './faults.js';
import { OAuthError } from './oauth-error.js';
import type { Credentials } from './options.js';
import { isObject, Properties, WrongType } from './properties.js';
import type { State } from './state.js';

/** A call as it arrived; it holds real credentials, so it is for tests and not for logs. */
export interface ReceivedCall {
  /** Its path without version and service, as `auth/token`. */
  api: string;
  version: 'v2' | 'v3';
  authorization: string | undefined;
  body: Record<string, unknown>;
}

export interface Emulated {
  state: State;
  credentials: Credentials;
  calls: ReceivedCall[];
  faults: ReadonlyMap<string, Fault>;
}

/** A failure of the authorization server's own call: a status that isn't 200, and no action. No source for the codes. */
class BadCall extends Error {
  constructor(
    readonly status: number,
    readonly resultCode: string,
    message: string,
  ) {
    super(message);
  }
}

export async function serve(request: IncomingMessage, response: ServerResponse, emulated: Emulated): Promise<void> {
  try {
    const { call, api, serviceId } = await receive(request);
    emulated.calls.push(call);
    const fault = emulated.faults.get(call.api);
    const outcome = instead(fault);
    if (outcome === 'hang') return;
    if (outcome === 'cut') return void response.destroy();
    if (outcome) return send(response, outcome.status, outcome.body);
    checkCredential(call, serviceId, emulated.credentials);
    const result = await handle(api, new Properties(call.body), emulated.state);
    if (result instanceof Elsewhere) return sendElsewhere(response, result);
    send(response, 200, spoilt(api.type === undefined ? result : { type: api.type, ...result }, fault));
  } catch (error) {
    const { status, resultCode, message } = badCall(error);
    send(response, status, { resultCode, resultMessage: `[${resultCode}] ${message}` });
  }
}

function badCall(error: unknown): BadCall {
  if (error instanceof BadCall) return error;
  if (error instanceof WrongType) return new BadCall(400, 'EMU-WRONG-TYPE', error.message);
  return new BadCall(500, 'EMU-BROKEN', error instanceof Error ? error.message : String(error));
}

async function receive(
  request: IncomingMessage,
): Promise<{ call: ReceivedCall; api: Api; serviceId: string | undefined }> {
  const path = (request.url ?? '').replace(/\?.*$/, '');
  const { name, api, serviceId } = route(path);
  if (request.method !== api.method) throw new BadCall(405, 'EMU-METHOD', `${name} is for ${api.method}.`);
  const body = api.method === 'GET' ? {} : parse(await text(request));
  const version = serviceId === undefined ? 'v2' : 'v3';
  return { call: { api: name, version, authorization: request.headers.authorization, body }, api, serviceId };
}

/** authlete.md, Two versions, one client: v2 is `/api/X`, v3 `/api/{serviceId}/X`. */
function route(path: string): { name: string; api: Api; serviceId: string | undefined } {
  const [, rest = ''] = /^\/api\/(.+)$/.exec(path) ?? [];
  const [, serviceId, behind = ''] = /^([^/]+)\/(.+)$/.exec(rest) ?? [];
  for (const [name, id] of [
    [rest, undefined],
    [behind, serviceId],
  ] as const) {
    const api = APIS.get(name);
    if (api) return { name, api, serviceId: id };
  }
  throw new BadCall(404, 'EMU-NO-API', 'There is no such API here.');
}

function parse(json: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(json);
    if (isObject(body)) return body;
  } catch {
    // refused below
  }
  throw new BadCall(400, 'EMU-NO-JSON', 'The call has no JSON object.');
}

/** v2: `Basic` with key and secret, v3: `Bearer` with an access token for the service in the path. Only that com/doc say 401. */
function checkCredential(call: ReceivedCall, serviceId: string | undefined, expected: Credentials): void {
  const basic = `Basic ${Buffer.from(`${expected.apiKey}:${expected.apiSecret}`).toString('base64')}`;
  const wanted = serviceId === undefined ? basic : `Bearer ${expected.accessToken}`;
  // doc: A001202 (ApiResponse, an example)
  if (call.authorization === undefined) {
    throw new BadCall(401, 'A001202', `/${call.api}, Authorization header is missing.`);
  }
  if (call.authorization !== wanted || (serviceId !== undefined && serviceId !== expected.serviceId)) {
    throw new BadCall(401, 'EMU-CREDENTIAL', 'The credential is not this service’s.');
  }
}

async function handle(api: Api, call: Properties, state: State): Promise<object> {
  try {
    return withNonce(await api.handle(call, state), call, state);
  } catch (failure) {
    if (failure instanceof OAuthError) return withNonce(api.refuse(failure), call, state);
    throw failure;
  }
}

function withNonce(result: object, call: Properties, state: State): object {
  return nonceRequired(call, state) ? { ...result, dpopNonce: state.dpopNonce } : result;
}

function sendElsewhere(response: ServerResponse, { location }: Elsewhere): void {
  response.writeHead(location === undefined ? 204 : 302, location === undefined ? {} : { location });
  response.end();
}
