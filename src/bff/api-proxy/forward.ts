import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { breakOf, BrowserGone, failureOf, TookTooLong } from './api-failure.js';
import type { ApiTarget } from './api-route.js';
import type { Field } from './fields.js';
import { bodyOf, hasBody } from './request-body.js';

/** One call of the browser's to one API. */
export interface ApiCall {
  readonly target: ApiTarget;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body, where it has been read already. */
  readonly kept?: Buffer | undefined;
  /** Ends the call at the API. */
  readonly abort: AbortController;
}

/** An API's answer as soon as its header is here; the body waits until somebody reads it. */
export interface ApiAnswer {
  readonly status: number;
  /** Names and values by turns. */
  readonly rawHeaders: string[];
  readonly body: Readable;
}

/** The API hears of it when the browser goes away. */
export function abortedWith(response: ServerResponse): AbortController {
  const abort = new AbortController();
  const leave = (): void => {
    if (!response.writableFinished) abort.abort(new BrowserGone());
  };
  if (response.destroyed) leave();
  else response.once('close', leave);
  return abort;
}

/**
 * Sends the request once, its body as it comes in. For the route's `timeout` the API may make no move: neither accept the connection, nor take more of
 * the body, nor answer. Throws a BffError that says who failed, or BrowserGone.
 */
export async function send(outbound: Dispatcher, call: ApiCall, fields: Field[]): Promise<ApiAnswer> {
  const { target, request, kept, abort } = call;
  const body = hasBody(request) ? bodyOf(request, kept) : null;
  const timer = whenIdle(call, () => body !== null && isStarved(body, request));
  if (body) request.on('data', () => timer.refresh());
  try {
    const sent = outbound.request({
      origin: target.route.origin,
      path: target.path,
      method: request.method ?? 'GET',
      headers: [...fields, ...(body ? lengthOf(request) : [])].flat(),
      body,
      signal: abort.signal,
      responseHeaders: 'raw',
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    // undici looks at the signal only once it has a connection.
    const answer = await Promise.race([sent, rejectedBy(abort.signal)]);
    return { status: answer.statusCode, rawHeaders: flatList(answer.headers), body: answer.body };
  } catch (cause) {
    throw failureOf(cause);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Passes the body on as it comes, as fast as the browser reads. When it breaks off, the browser's connection does too: an end that looks regular would
 * make half an answer a whole one (RFC 9112 §8). An event stream may be silent for as long as it likes.
 */
export async function passBody(call: ApiCall, { body }: ApiAnswer): Promise<void> {
  const { response } = call;
  const timer = isEventStream(response) ? undefined : whenIdle(call, () => response.writableNeedDrain);
  // Node keeps the head back until there's some body, and sends both at once where that comes along.
  const head = setImmediate(() => response.flushHeaders());
  body.once('data', () => clearImmediate(head)).on('data', () => timer?.refresh());
  try {
    await pipeline(body, response);
  } catch (cause) {
    throw breakOf(cause, call.abort.signal);
  } finally {
    clearImmediate(head);
    clearTimeout(timer);
  }
}

export function isEventStream(response: ServerResponse): boolean {
  return /^text\/event-stream\b/i.test(String(response.getHeader('content-type')));
}

/** There's no body, or it's still here. */
export function isRepeatable({ request, kept }: ApiCall): boolean {
  return kept !== undefined || !hasBody(request);
}

/** For an answer that nobody will read. */
export function discard({ body }: ApiAnswer): void {
  body.on('error', () => undefined).destroy();
}

/** Ends the call after the route's timeout without any move, unless it's the browser that everybody waits for. */
function whenIdle({ target, abort }: ApiCall, isBrowsersTurn: () => boolean): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (isBrowsersTurn()) timer.refresh();
    else abort.abort(new TookTooLong());
  }, target.route.options.timeout * 1000);
  return timer;
}

/** Everything that came has been sent on, and more is to come. */
function isStarved(body: PassThrough, request: IncomingMessage): boolean {
  return !request.complete && body.readableLength + body.writableLength === 0;
}

function lengthOf({ headers }: IncomingMessage): Field[] {
  const length = headers['content-length'];
  return length === undefined ? [] : [['Content-Length', length]];
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What `responseHeaders: 'raw'` gives, whatever undici's type says. */
function flatList(headers: unknown): string[] {
  return Array.isArray(headers) ? headers.map(String) : [];
}
