import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { BffError } from '../errors.js';
import type { Http2Options } from '../http2/call.js';
import { wasNotProcessed } from '../http2/failure.js';
import { upgradeOf } from '../upgrade.js';
import { BrowserGone } from './api-failure.js';
import type { ApiTarget } from './api-route.js';
import { CallEnd } from './call-end.js';
import { type ApiAnswer, Exchange } from './exchange.js';
import { type Field, flat } from './fields.js';
import type { RequestBody } from './request-body.js';

/** One call of the browser's to one API. */
export interface ApiCall {
  readonly target: ApiTarget;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The browser's, where there's one. */
  readonly body: RequestBody | undefined;
  /** Ends the call at the API. */
  readonly abort: CallEnd;
}

/** The API hears of it when the browser goes away. */
export function abortedWith(response: ServerResponse): CallEnd {
  const end = new CallEnd();
  const leave = (): void => {
    if (!response.writableFinished) end.abort(new BrowserGone());
  };
  if (response.destroyed) leave();
  else response.once('close', leave);
  return end;
}

/**
 * Sends the request, its body as it comes in. For the route's `timeout` the API may make no move: neither accept the connection, nor take more of
 * the body, nor answer. What a server of HTTP/2 says it did nothing with is sent once more. Rejects with a BffError that says who failed, or BrowserGone.
 */
export function send(outbound: Dispatcher, call: ApiCall, fields: Field[]): Promise<ApiAnswer> {
  const answer = sendOnce(outbound, call, fields);
  if (!call.target.route.options.http2) return answer;
  return answer.catch((error: unknown) => {
    if (!isUnprocessed(error) || !isRepeatable(call)) throw error;
    return sendOnce(outbound, call, fields);
  });
}

function isUnprocessed(error: unknown): boolean {
  return error instanceof BffError && wasNotProcessed(error.cause);
}

function sendOnce(outbound: Dispatcher, call: ApiCall, fields: Field[]): Promise<ApiAnswer> {
  const { target, request, body, abort } = call;
  const exchange = new Exchange(target.route.options.timeout, () => body?.isStarved ?? false);
  abort.onAbort(reason => exchange.abort(reason));
  const headers = flat(fields);
  const length = body && request.headers['content-length'];
  if (length) headers.push('Content-Length', length);
  const options: Http2Options = {
    http2: target.route.options.http2,
    origin: target.route.origin,
    path: target.path,
    method: request.method ?? 'GET',
    headers,
    body: body?.open() ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
    upgrade: upgradeOf(request) ? 'websocket' : null,
  };
  outbound.dispatch(options, exchange);
  return exchange.answer;
}

/**
 * Passes the body on; `undefined` when it has gone already. An event stream may be silent for as long as it likes, if only its browser's leaving would be
 * heard: behind a body that nobody takes, or answers that queue up, node:http doesn't read on.
 */
export function passBody(
  { request, response }: ApiCall,
  answer: ApiAnswer,
  isEventStream: boolean,
): Promise<void> | undefined {
  const { body } = answer;
  const gone = body.passTo(response);
  if (!gone) return undefined;
  const mayBeSilent = () => response.writableNeedDrain || (isEventStream && !request.socket.isPaused());
  if (!body.isWhole) answer.limitSilence(mayBeSilent);
  return gone;
}

/** There's no body, or all that came of it is still here; then the rest waits. */
export function isRepeatable({ body }: ApiCall): boolean {
  return body?.hold() ?? true;
}
