import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

/** https://www.rfc-editor.org/rfc/rfc9113#section-7, each at its number. */
const ERROR_CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

const NOT_PROCESSED = 'RST_STREAM REFUSED_STREAM';

/** Why a call over HTTP/2 failed. */
export class Http2Failure extends Error {
  override readonly name = 'Http2Failure';

  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/** The server did nothing with the request, which may be made anew whatever its method (RFC 9113 §8.7). */
export function notProcessed(): Http2Failure {
  return new Http2Failure(NOT_PROCESSED);
}

export function wasNotProcessed(error: unknown): boolean {
  return error instanceof Http2Failure && error.code === NOT_PROCESSED;
}

/** Of a stream that has closed; `cause`: what node:http2 said of it, which names no reason of the server's. */
export function failureOf(stream: ClientHttp2Stream, session: ClientHttp2Session, cause: Error | undefined): Error {
  const said = cause && 'code' in cause ? cause.code : undefined;
  if (said === 'ERR_HTTP2_SESSION_ERROR') return new Http2Failure('GOAWAY', { cause });
  if (cause && said !== 'ERR_HTTP2_STREAM_ERROR') return cause;
  if (session.destroyed) return new Http2Failure('CONNECTION_CLOSED', { cause });
  return new Http2Failure(`RST_STREAM ${ERROR_CODES[stream.rstCode ?? 0] ?? stream.rstCode}`, { cause });
}
