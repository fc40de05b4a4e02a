import { Dispatcher } from 'undici';

/** Milliseconds that a replaced dispatcher stays open for what is still on its way to a connection: through a proxy that would fail at once. */
const RETIREMENT = 60_000;

/** A dispatcher whose TLS settings change while requests run: those already sent end where they began, the next ones go the new way. */
export class RenewableDispatcher extends Dispatcher {
  private current: Dispatcher;
  private readonly retired = new Map<Dispatcher, NodeJS.Timeout>();

  constructor(
    private readonly make: () => Dispatcher,
    private readonly ended: () => void = () => {},
  ) {
    super();
    this.current = make();
  }

  /** New connections from now on. What `make` throws leaves everything as it was. */
  renew(): void {
    const replaced = this.current;
    this.current = this.make();
    const close = (): void => {
      this.retired.delete(replaced);
      replaced.close().catch(() => {});
    };
    this.retired.set(replaced, setTimeout(close, RETIREMENT).unref());
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.current.dispatch(options, handler);
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    return answered(
      this.each(dispatcher => dispatcher.close()),
      callback,
    );
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const [error, callback] = typeof first === 'function' ? [null, first] : [first ?? null, second];
    return answered(
      this.each(dispatcher => dispatcher.destroy(error)),
      callback,
    );
  }

  private async each(end: (dispatcher: Dispatcher) => Promise<void>): Promise<void> {
    this.ended();
    for (const timer of this.retired.values()) clearTimeout(timer);
    const all = [this.current, ...this.retired.keys()];
    this.retired.clear();
    await Promise.all(all.map(end));
  }
}

function answered(done: Promise<void>, callback: (() => void) | undefined): Promise<void> | void {
  return callback ? void done.then(callback, callback) : done;
}
