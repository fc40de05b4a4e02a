import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { breakOff } from '../break-off.js';
import type { Field } from './fields.js';

/** Bytes that are kept until somebody reads: about what a socket would. */
const KEPT = 64 * 1024;
/** Bytes of a body that are copied sooner than written apart. */
const SMALL = 16 * 1024;

/**
 * An API's body on its way to the browser, as fast as that reads. Until somebody wants it it's kept, and no more is read from the API than fits. A small
 * one has come whole by then, and leaves in one piece with its head: what a stream needs isn't made for it.
 */
export class AnswerBody {
  private kept: Buffer[] = [];
  private size = 0;
  private response: ServerResponse | undefined;
  /** It has come whole: nobody waits for the API any more. */
  isWhole = false;
  /** Which of the raw trailers go on after it; none without this. */
  trailers: ((raw: Dispatcher.DispatchController['rawTrailers']) => Field[]) | undefined;
  private failure: { cause: unknown } | undefined;
  /** Of what hasn't gone at once. */
  private passed: PromiseWithResolvers<void> | undefined;

  constructor(
    private readonly controller: Dispatcher.DispatchController,
    /** Something came from the API, or went to the browser. */
    private readonly moved: () => void,
  ) {}

  add(chunk: Buffer): void {
    this.moved();
    if (this.response) {
      if (!this.response.write(chunk)) this.controller.pause();
      return;
    }
    this.kept.push(chunk);
    this.size += chunk.length;
    if (this.size >= KEPT) this.controller.pause();
  }

  end(): void {
    this.isWhole = true;
    if (!this.response) return;
    this.addTrailers(this.response);
    this.response.end();
  }

  /** When it breaks off, the browser's connection does too: an end that looks regular would make half an answer a whole one (RFC 9112 §8). */
  fail(cause: unknown): void {
    if (this.failure) return;
    this.failure = { cause };
    this.kept = [];
    if (this.response) breakOff(this.response);
    this.passed?.reject(cause);
  }

  /** `undefined`: it has gone whole. Otherwise resolves when it has, or rejects with what it has been failed with. The response's head is set. */
  passTo(response: ServerResponse): Promise<void> | undefined {
    this.response = response;
    if (this.failure) breakOff(response);
    else if (this.isWhole) this.endAtOnce(response);
    else this.stream(response);
    if (this.isWhole && response.writableLength === 0) return undefined;
    this.passed = Promise.withResolvers();
    if (this.failure) this.passed.reject(this.failure.cause);
    response.once('finish', this.passed.resolve);
    return this.passed.promise;
  }

  /** For an answer that nobody will read. */
  discard(): void {
    const reason = new Error('nobody reads this answer');
    this.fail(reason);
    if (!this.isWhole) this.controller.abort(reason);
  }

  /** Node puts head and body into one piece where the body is text, and Latin-1 has a character for every byte. */
  private endAtOnce(response: ServerResponse): void {
    const kept = this.takeKept();
    this.addTrailers(response);
    if (kept.length > SMALL) response.end(kept);
    else response.end(kept.toString('latin1'), 'latin1');
  }

  private addTrailers(response: ServerResponse): void {
    if (this.trailers) response.addTrailers(this.trailers(this.controller.rawTrailers));
  }

  private stream(response: ServerResponse): void {
    response.on('drain', () => {
      this.moved();
      this.controller.resume();
    });
    const kept = this.takeKept();
    // Node keeps the head back until there's some body; its own flushHeaders() would write it as UTF-8
    if (kept.length === 0) response.write('', 'latin1');
    else if (!response.write(kept)) return;
    this.controller.resume();
  }

  private takeKept(): Buffer {
    const [first] = this.kept;
    const kept = first && this.kept.length === 1 ? first : Buffer.concat(this.kept);
    this.kept = [];
    return kept;
  }
}
