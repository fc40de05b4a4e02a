import { setTimeout as pause } from 'node:timers/promises';
import { StorageUnavailable } from '../storage.js';
import type { Connection } from './connection.js';
import { said } from './unavailable.js';

/** Milliseconds that a call waits for a connection that has just broken: a blip is no outage. After that, calls fail at once. */
const GRACE = 1000;
/** Milliseconds between attempts to connect: at random up to a bound that doubles, so that many instances don't come all at once. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

export interface LinkObserver {
  /** It can't be established again; said once for each outage. */
  lost?(why: string): void;
  recovered?(connection: Connection): void;
}

/** Keeps one connection established: whenever it ends, another is opened. */
export class Link {
  readonly #open: () => Promise<Connection>;
  readonly #observer: LinkObserver;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #whyLost = 'not connected yet';
  #lostSince = performance.now();
  #next = nextConnection();
  #failures = 0;

  /** `open`: connects, and makes ready whatever has to be so before the connection is used. */
  constructor(open: () => Promise<Connection>, observer: LinkObserver = {}) {
    this.#open = open;
    this.#observer = observer;
    void this.#keepOpen();
  }

  /** The connection, if it's established at this moment. */
  get connection(): Connection | undefined {
    return this.#connection?.isOpen ? this.#connection : undefined;
  }

  /** Rejects with {@link StorageUnavailable} when there's none to be had soon. */
  async ready(): Promise<Connection> {
    const established = this.connection;
    if (established) return established;
    const left = this.#lostSince + GRACE - performance.now();
    if (left <= 0 || this.#closing.signal.aborted) throw this.#unavailable();
    const waiting = new AbortController();
    const late = pause(left, undefined, { signal: waiting.signal }).then(() => Promise.reject(this.#unavailable()));
    late.catch(() => undefined);
    try {
      return await Promise.race([this.#next.promise, late]);
    } finally {
      waiting.abort();
    }
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
    this.#next.reject(this.#unavailable());
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#oneConnection();
      const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
      if (this.#failures > 0)
        await pause(Math.random() * longest, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** From its beginning to its end. One that breaks soon counts as failed: nobody is helped by a thousand of them a second. */
  async #oneConnection(): Promise<void> {
    const began = performance.now();
    try {
      const connection = await this.#open();
      if (this.#failures > 0) this.#observer.recovered?.(connection);
      this.#established(connection);
      this.#whyLost = (await connection.ended).message;
      this.#lostSince = performance.now();
      this.#failures = this.#lostSince - began > LONGEST_PAUSE ? 0 : this.#failures + 1;
    } catch (error) {
      this.#whyLost = said(error);
      if (this.#failures++ === 0) this.#observer.lost?.(this.#whyLost);
    }
  }

  #established(connection: Connection): void {
    if (this.#closing.signal.aborted) connection.close();
    this.#connection = connection;
    this.#next.resolve(connection);
    this.#next = nextConnection();
  }

  #unavailable(): StorageUnavailable {
    return new StorageUnavailable(`Redis can't be reached: ${this.#whyLost}`);
  }
}

/** Nobody need wait for it. */
function nextConnection(): PromiseWithResolvers<Connection> {
  const next = Promise.withResolvers<Connection>();
  next.promise.catch(() => undefined);
  return next;
}
