import { setTimeout as pause } from 'node:timers/promises';
import type { StorageUnavailable } from '../storage.js';
import type { Connection } from './connection.js';
import { said, unavailable } from './unavailable.js';

/** Milliseconds that calls wait for a connection that has just broken: a blip is no outage. In an outage they fail at once. */
const GRACE = 1000;
/** Milliseconds between attempts to connect: at random up to a bound that doubles, so that many instances don't come all at once. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

export interface LinkObserver {
  /** An outage has begun. */
  lost?(why: string): void;
  recovered?(connection: Connection): void;
  /** There is a connection, and it's made ready. */
  established?(): void;
}

/** Keeps one connection established: whenever it ends, another is opened. */
export class Link {
  readonly #open: () => Promise<Connection>;
  readonly #observer: LinkObserver;
  readonly #closing = new AbortController();
  #pause = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  #connection: Connection | undefined;
  #next = nextConnection();
  #whyLost: unknown;
  #lostSince = performance.now();
  #failures = 0;
  /** For longer than {@link GRACE}. */
  #isOutage = false;
  /** That there is an outage. */
  #isSaid = false;

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

  /** When the first attempt has had its outcome, whatever that is. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Rejects with {@link StorageUnavailable} when there's none to be had soon. */
  async ready(): Promise<Connection> {
    if (this.#isOutage || this.#closing.signal.aborted) throw this.#unavailable();
    return this.connection ?? this.#next.promise;
  }

  /** The server is there again, by another connection: no pause before the next attempt, and calls may wait for it. */
  hurry(): void {
    if (this.connection) return;
    this.#isOutage = false;
    this.#lostSince = performance.now();
    this.#pause.abort();
  }

  close(): void {
    this.#closing.abort();
    this.#pause.abort();
    this.#connection?.close();
    this.#next.reject(this.#unavailable());
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#oneConnection();
      if (this.#failures === 0 || signal.aborted) continue;
      const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
      this.#pause = new AbortController();
      await pause(Math.random() * longest, undefined, { signal: this.#pause.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** From its beginning to its end. One that breaks soon counts as failed: nobody is helped by a thousand of them a second. */
  async #oneConnection(): Promise<void> {
    const began = performance.now();
    try {
      const connection = await this.#open();
      this.#established(connection);
      const lost = await connection.ended;
      this.#whyLost = lost;
      this.#lostSince = performance.now();
      this.#failures = this.#lostSince - began > LONGEST_PAUSE ? 0 : this.#failures + 1;
      if (lost.isSilence) this.#beginOutage();
    } catch (error) {
      this.#whyLost = error;
      this.#failures++;
      if (performance.now() - this.#lostSince > GRACE) this.#beginOutage();
    } finally {
      this.#tried.resolve();
    }
  }

  #established(connection: Connection): void {
    if (this.#closing.signal.aborted) connection.close();
    if (this.#isSaid) this.#observer.recovered?.(connection);
    this.#isOutage = this.#isSaid = false;
    this.#connection = connection;
    this.#tried.resolve();
    this.#next.resolve(connection);
    this.#next = nextConnection();
    this.#observer.established?.();
  }

  #beginOutage(): void {
    if (!this.#isSaid) this.#observer.lost?.(said(this.#whyLost));
    this.#isOutage = this.#isSaid = true;
    this.#next.reject(this.#unavailable());
    this.#next = nextConnection();
  }

  #unavailable(): StorageUnavailable {
    return unavailable(this.#whyLost ?? 'not connected yet');
  }
}

/** Nobody need wait for it. */
function nextConnection(): PromiseWithResolvers<Connection> {
  const next = Promise.withResolvers<Connection>();
  next.promise.catch(() => undefined);
  return next;
}
