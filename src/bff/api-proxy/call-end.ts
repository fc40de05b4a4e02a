/** Ends a call from outside: its browser has gone, its session is over, or nobody moves. Whichever of its sendings is under way hears of it. */
export class CallEnd {
  /** Why it was ended; `undefined` while it goes on. */
  reason: unknown;
  private listener: ((reason: unknown) => void) | undefined;

  /** The first reason stays. */
  abort(reason: unknown): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.listener?.(reason);
  }

  /** The one that sends now, in the place of the one that did before. */
  onAbort(listener: (reason: unknown) => void): void {
    this.listener = listener;
    if (this.reason !== undefined) listener(this.reason);
  }
}
