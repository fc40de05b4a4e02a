import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AnswerBody } from './answer-body.js';
import { failureOf, TookTooLong } from './api-failure.js';
import { flatList } from './fields.js';

/** An API's answer as soon as its head is here; the body waits until somebody reads it. */
export interface ApiAnswer {
  readonly status: number;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
  readonly body: AnswerBody;
  /** Of a `101`: it speaks another protocol from now on, and there's no body. */
  readonly connection?: Duplex;
  /** From now on an API that makes no move for the route's timeout ends the call, unless the browser is to move. */
  limitSilence(isBrowsersTurn: () => boolean): void;
}

/** One sending of a call: what undici tells of it, and the time in which something has to happen. */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly head = Promise.withResolvers<ApiAnswer>();
  private controller: Dispatcher.DispatchController | undefined;
  private body: AnswerBody | undefined;
  private failure: { cause: unknown } | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `timeout`: seconds without any move. `isBrowsersTurn`: it's the browser that everybody waits for. */
  constructor(
    private readonly timeout: number,
    isBrowsersTurn: () => boolean,
  ) {
    this.limitSilence(isBrowsersTurn);
  }

  /** Rejects with what the call failed with, as {@link failureOf} has it. */
  get answer(): Promise<ApiAnswer> {
    return this.head.promise;
  }

  /** undici looks only once it has a connection; nobody waits for that here. */
  abort(cause: unknown): void {
    this.fail(cause);
    this.controller?.abort(asError(cause));
  }

  limitSilence(isBrowsersTurn: () => boolean): void {
    if (this.failure) return;
    this.timer = setTimeout(() => {
      if (isBrowsersTurn()) this.timer?.refresh();
      else this.abort(new TookTooLong());
    }, this.timeout * 1000);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.failure) controller.abort(asError(this.failure.cause));
  }

  /** Some of the request's body went to the API. */
  onBodySent(): void {
    this.timer?.refresh();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) {
      // informational: the answer is still to come (RFC 9110 §15.2)
      this.timer?.refresh();
      return;
    }
    this.answered(controller, status);
  }

  /** Only what was asked for comes here: undici takes no other upgrade. */
  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
    connection: Duplex,
  ): void {
    // whoever takes it hears of it by its close
    connection.on('error', () => {});
    if (this.failure) connection.destroy();
    this.answered(controller, status, { connection }).end();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.body?.add(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.timer);
    this.body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  private answered(
    controller: Dispatcher.DispatchController,
    status: number,
    more: Pick<ApiAnswer, 'connection'> = {},
  ): AnswerBody {
    clearTimeout(this.timer);
    const body = new AnswerBody(controller, () => void this.timer?.refresh());
    this.body = body;
    const limitSilence = (isBrowsersTurn: () => boolean) => this.limitSilence(isBrowsersTurn);
    this.head.resolve({ status, rawHeaders: flatList(controller.rawHeaders), body, limitSilence, ...more });
    return body;
  }

  private fail(cause: unknown): void {
    if (this.failure) return;
    this.failure = { cause };
    clearTimeout(this.timer);
    this.head.reject(failureOf(cause));
    this.body?.fail(failureOf(cause));
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
