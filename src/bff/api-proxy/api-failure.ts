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

/** What the browser sent passes Node's parser, but undici won't write it. */
const INVALID_REQUEST = /^(?:UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED)$/;

/** What went wrong with a call, as an error of the table. The reason names a system's or undici's code and no header, so no token. */
export function failureOf(cause: unknown): unknown {
  if (cause instanceof BrowserGone || cause instanceof BffError) return cause;
  const code = codeOf(cause);
  return new BffError(problemOf(code), { reason: code, cause });
}

function problemOf(code: string): ProblemCode {
  if (TIMEOUT.test(code)) return 'api_timeout';
  if (INVALID_ANSWER.test(code)) return 'api_response_invalid';
  return INVALID_REQUEST.test(code) ? 'invalid_request' : 'api_unreachable';
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'unknown';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return 'name' in cause && typeof cause.name === 'string' ? cause.name : 'unknown';
}
