import { Inject, Injectable } from '@nestjs/common';
import { AUTHLETE_OPTIONS, type AuthleteApiOptions, type AuthleteOptions } from './authlete.options.js';
import { AuthleteError } from './authlete-error.js';
import { AuthleteEvents } from './events.js';
import { jsonObject } from './json.js';
import { redact, upToSecrets } from './redact.js';
import { type Reply, request } from './reply.js';

export { AuthleteError } from './authlete-error.js';

export type AuthleteApiName =
  | 'pushed_auth_req'
  | 'auth/authorization'
  | 'auth/authorization/issue'
  | 'auth/authorization/fail'
  | 'auth/token'
  | 'auth/revocation'
  | 'auth/userinfo'
  | 'auth/userinfo/issue';

/** What Authlete wants done, and the text that goes to the client as it is. */
export type AuthleteAnswer = Record<string, unknown> & { action: string; responseContent?: string; dpopNonce?: string };

/** Documents, and the statuses that they may come with: 204 is no keys, 302 keys that are kept elsewhere. */
const DOCUMENTS: Record<'service/configuration' | 'service/jwks/get', number[]> = {
  'service/configuration': [200],
  'service/jwks/get': [200, 204, 302],
};

/** Authlete's web API, version 2 or 3, whichever the credential is for. */
@Injectable()
export class AuthleteApi {
  private readonly api: AuthleteApiOptions;

  constructor(
    @Inject(AUTHLETE_OPTIONS) { api }: AuthleteOptions,
    @Inject(AuthleteEvents) private readonly events: AuthleteEvents,
  ) {
    this.api = api;
  }

  /** Throws `AuthleteError`. Members with `undefined` aren't sent. */
  async call(api: AuthleteApiName, body: Record<string, unknown>): Promise<AuthleteAnswer> {
    const started = performance.now();
    const reply = await this.send(api, { method: 'POST', body: JSON.stringify(body) });
    if (reply.status !== 200) throw refusal(api, reply);
    const answer = answerOf(api, reply);
    const milliseconds = Math.round(performance.now() - started);
    const { action, resultCode } = answer;
    this.events.record({ event: 'authlete_called', level: 'debug', api, action, resultCode, milliseconds });
    return answer;
  }

  /** A document as it is, in one of the API's ways to answer. Throws `AuthleteError`. */
  async get(path: keyof typeof DOCUMENTS): Promise<Reply> {
    const reply = await this.send(path, { method: 'GET' });
    if (!DOCUMENTS[path].includes(reply.status)) throw refusal(path, reply);
    return reply;
  }

  private send(api: string, init: { method: 'GET' | 'POST'; body?: string }): Promise<Reply> {
    const { baseUrl, serviceId, accessToken, apiKey, apiSecret, timeout } = this.api;
    const basic = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
    const [service, authorization] = serviceId === undefined ? ['', basic] : [`${serviceId}/`, `Bearer ${accessToken}`];
    const headers = { Authorization: authorization, 'Content-Type': 'application/json', Accept: 'application/json' };
    return request(api, `${baseUrl}/api/${service}${api}`, { ...init, headers }, timeout * 1000);
  }
}

/** Authlete API v3, “Two layers of status”: what isn't 200 is about our own call, `{ resultCode, resultMessage }`. */
function refusal(api: string, { status, body }: Reply): AuthleteError {
  const { resultCode, resultMessage } = jsonObject(body) ?? {};
  const kind = status === 429 ? 'rate_limited' : status >= 500 ? 'unreachable' : 'refused';
  const reason = typeof resultMessage === 'string' ? redact(upToSecrets(resultMessage)) : `status ${status}`;
  return new AuthleteError(kind, { api, status, reason, resultCode: textOf(resultCode) });
}

/** Its shape is checked here once; `null` is how Authlete says that something is absent. */
function answerOf(api: string, { status, body }: Reply): AuthleteAnswer {
  const { action, responseContent, dpopNonce, ...rest } = jsonObject(body) ?? {};
  const resultCode = textOf(rest['resultCode']);
  const malformed = (reason: string) => new AuthleteError('malformed', { api, status, resultCode, reason });
  if (typeof action !== 'string') throw malformed('the answer has no action');
  if (!isTextOrAbsent(responseContent)) throw malformed('responseContent is no text');
  if (!isTextOrAbsent(dpopNonce)) throw malformed('dpopNonce is no text');
  return {
    ...rest,
    action,
    ...(responseContent != null && { responseContent }),
    ...(dpopNonce != null && { dpopNonce }),
  };
}

function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return value === null || value === undefined || typeof value === 'string';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
