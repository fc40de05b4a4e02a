import { Dispatcher } from 'undici';

/** What carries the calls of one time: a dispatcher of undici's, or as good as one. */
export interface Carrier {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  close(): Promise<void>;
  destroy(error: Error | null): Promise<void>;
}

/** A dispatcher whose TLS settings change while requests run: those already sent end where they began, the next ones go the new way. */
export class RenewableDispatcher extends Dispatcher {
  private current: Carrier;
  /** Those that were replaced and still have requests, each with its end. */
  private readonly replaced = new Map<Carrier, Promise<void>>();

  constructor(
    private readonly make: () => Carrier,
    private readonly ended: () => void = () => {},
  ) {
    super();
    this.current = make();
  }

  /** New connections from now on. What `make` throws leaves everything as it was. */
  renew(): void {
    const before = this.current;
    this.current = this.make();
    // takes no more requests, and ends with its last
    const closed = before.close().catch(() => {});
    this.replaced.set(before, closed);
    void closed.then(() => this.replaced.delete(before));
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.current.dispatch(options, handler);
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    this.ended();
    return answered(Promise.all([this.current.close(), ...this.replaced.values()]), callback);
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    this.ended();
    const [error, callback] = typeof first === 'function' ? [null, first] : [first ?? null, second];
    const all = [this.current, ...this.replaced.keys()];
    return answered(Promise.all(all.map(dispatcher => dispatcher.destroy(error))), callback);
  }
}

function answered(done: Promise<unknown>, callback: (() => void) | undefined): Promise<void> | void {
  const ended = done.then(() => undefined);
  return callback ? void ended.then(callback, callback) : ended;
}
