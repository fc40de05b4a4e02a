import { BffError, type ProblemCode } from '../errors.js';

/** The API made no move for as long as the route allows. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
  readonly code = 'ETIMEDOUT';
}

/** The browser closed its connection: nobody is left to be answered. */
export class BrowserGone extends Error {
  override readonly name = 'BrowserGone';
}

/** Its session has ended, and nothing of the answer is for it any more. */
export class SessionOver extends BrowserGone {}

const TIMEOUT = /^(?:ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;

/** llhttp's codes (or undici's name for such an error, when it has none), and undici's own for an answer that makes no sense. */
const INVALID_ANSWER = /^(?:HPE_.*|HTTPParserError|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_.*)$/;
/** nghttp2 resets what it can't read, what contradicts its `Content-Length`, and a header that is too large. */
const INVALID_FRAMES =
  /^(?:ERR_HTTP2_ERROR|RST_STREAM (?:PROTOCOL_ERROR|FLOW_CONTROL_ERROR|FRAME_SIZE_ERROR|COMPRESSION_ERROR|ENHANCE_YOUR_CALM))$/;

/** What the browser sent passes Node's parser, but undici or node:http2 won't write it. */
const INVALID_REQUEST =
  /^(?:UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|ERR_INVALID_CHAR|ERR_INVALID_HTTP_TOKEN|ERR_HTTP2_(?:INVALID_CONNECTION_HEADERS|HEADER_SINGLE_VALUE))$/;

/** What went wrong with a call, as an error of the table. The reason names a system's or undici's code and no header, so no token. */
export function failureOf(cause: unknown): unknown {
  if (cause instanceof BrowserGone || cause instanceof BffError) return cause;
  const code = codeOf(cause);
  return new BffError(problemOf(code), { reason: code, cause });
}

function problemOf(code: string): ProblemCode {
  if (TIMEOUT.test(code)) return 'api_timeout';
  if (INVALID_ANSWER.test(code) || INVALID_FRAMES.test(code)) return 'api_response_invalid';
  return INVALID_REQUEST.test(code) ? 'invalid_request' : 'api_unreachable';
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'unknown';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return 'name' in cause && typeof cause.name === 'string' ? cause.name : 'unknown';
}
