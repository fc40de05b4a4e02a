import { validateHeaderValue } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { failureOf, Http2Failure, notProcessed, wasNotProcessed } from './failure.js';

/** What undici takes, where the call says so. */
export interface Http2Options extends Dispatcher.DispatchOptions {
  http2: boolean;
  origin: string;
  /** Names and values by turns. */
  headers: string[];
  body: Readable | null;
}

/** One call, on a stream of its own. Its handler is told what undici's HTTP/1.1 would tell. */
export class Http2Call implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  /** The handler has been told how it ended. */
  isOver = false;
  /** The server has said that nothing more comes: END_STREAM (RFC 9113 §8.1). */
  private isWhole = false;
  /** The server has begun to answer. */
  private isBegun = false;
  /** What comes of the body goes on. */
  private isAnswered = false;
  private stream: ClientHttp2Stream | undefined;
  private readonly reset = new AbortController();

  constructor(
    private readonly options: Http2Options,
    private readonly handler: Dispatcher.DispatchHandler,
  ) {
    handler.onRequestStart?.(this, {});
  }

  /** The server was told that it's over before its time. */
  get wasReset(): boolean {
    return this.reset.signal.aborted;
  }

  /** `undefined` where the request can't be written; the handler has been told. */
  start(session: ClientHttp2Session): ClientHttp2Stream | undefined {
    const { body } = this.options;
    try {
      const stream = session.request(headersOf(this.options), { endStream: body === null, signal: this.reset.signal });
      this.stream = stream;
      this.watchEnd(stream);
      this.listen(stream, session);
      if (body) this.upload(body, stream);
      return stream;
    } catch (cause) {
      this.fail(cause as Error); // of node:http and node:http2
      return undefined;
    }
  }

  /** A GOAWAY named the last stream that the server does anything with (RFC 9113 §6.8). */
  refuseAfter(lastStream: number): void {
    if ((this.stream?.id ?? Infinity) > lastStream) this.fail(notProcessed());
  }

  abort(reason: Error): void {
    this.fail(reason);
  }

  pause(): void {
    if (this.isWhole) return;
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    this.paused = false;
    this.stream?.resume();
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.aborted = true;
    // who has answered has done something with it
    this.reason = this.isBegun && wasNotProcessed(error) ? new Http2Failure('REFUSED_STREAM after its answer') : error;
    this.breakOff();
    this.handler.onResponseError?.(this, this.reason);
  }

  /**
   * node:http2 ends a stream that was reset with NO_ERROR, or whose connection was closed, as if it were whole, but marks it as closed before. What comes
   * after END_STREAM is in memory by then, so that it's passed on whatever the reader says: a connection that closes would take it along.
   */
  private watchEnd(stream: ClientHttp2Stream): void {
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null && !stream.closed) {
        this.isWhole = true;
        if (this.isAnswered) this.resume();
      }
      return push(chunk, encoding);
    };
  }

  private listen(stream: ClientHttp2Stream, session: ClientHttp2Session): void {
    let cause: Error | undefined;
    stream.on('error', (error: Error) => (cause = error));
    // interim, and of no interest but that something moves (RFC 9110 §15.2)
    stream.on('headers', headers => this.head(Number(headers[':status']), []));
    let begin: (() => void) | undefined;
    stream.on('response', (headers, _flags, raw) => {
      this.isBegun = true;
      begin = () => this.answer(stream, Number(headers[':status']), withoutPseudo(raw));
      // what came in the same piece is there by then, and goes on in one, too
      setImmediate(begin);
    });
    stream.on('trailers', (_headers, _flags, raw) => (this.rawTrailers = raw));
    const broken = () => failureOf(stream, session, cause);
    stream.once('end', () => {
      if (!this.isWhole) this.fail(broken());
      else if (this.isAnswered) this.end();
      else begin?.();
    });
    stream.once('close', () => this.fail(broken()));
  }

  private head(status: number, rawHeaders: string[]): void {
    if (this.isOver) return;
    this.rawHeaders = rawHeaders;
    this.handler.onResponseStart?.(this, status, {});
  }

  private answer(stream: ClientHttp2Stream, status: number, rawHeaders: string[]): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.head(status, rawHeaders);
    for (let chunk: Buffer | null; !this.paused && (chunk = stream.read()) !== null;) this.data(chunk);
    if (this.isWhole) this.end();
    else stream.on('data', (chunk: Buffer) => this.data(chunk));
  }

  private data(chunk: Buffer): void {
    if (!this.isOver) this.handler.onResponseData?.(this, chunk);
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler.onResponseEnd?.(this, {});
    // what is left of the upload isn't wanted
    if (!this.stream?.writableFinished) this.breakOff();
  }

  private upload(body: Readable, stream: ClientHttp2Stream): void {
    body.on('data', (chunk: Buffer) => this.handler.onBodySent?.(chunk));
    body.on('error', error => this.fail(error));
    body.once('close', () => {
      if (!body.readableEnded) this.fail(new Http2Failure('BODY_BROKEN_OFF'));
    });
    body.pipe(stream);
  }

  /** By the signal alone: `close()` would end the upload regularly before it resets the stream, and half of it would look whole (RFC 9113 §8.1). */
  private breakOff(): void {
    this.reset.abort();
    this.options.body?.destroy();
  }
}

/** Names in lower case, none that is about the connection (RFC 9113 §8.2): node:http2 sees to that. It doesn't look at values, which must be none of two fields. */
function headersOf({ method, path, origin, headers }: Http2Options): OutgoingHttpHeaders {
  const { host, protocol } = new URL(origin);
  // no name is special to it
  const all: Record<string, string | string[]> = Object.create(null);
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at]?.toLowerCase(), headers[at + 1]];
    validateHeaderValue(name, value);
    all[name] = name in all ? [all[name] ?? [], value].flat() : value;
  }
  return { ...all, ':method': method, ':path': path, ':scheme': protocol.slice(0, -1), ':authority': host };
}

function withoutPseudo(raw: string[]): string[] {
  return raw.filter((_, at) => !raw[at - (at % 2)]?.startsWith(':'));
}
