import { StorageUnavailable } from './storage.js';

/** The calls of one storage: what is under way when it closes comes to its end, and what comes later is refused. */
export class Calls {
  readonly #unavailable: (error: unknown) => StorageUnavailable | Promise<StorageUnavailable>;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** `unavailable`: what went wrong, as the one error that the seam knows. */
  constructor(unavailable: (error: unknown) => StorageUnavailable | Promise<StorageUnavailable>) {
    this.#unavailable = unavailable;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.refuseWhenClosed();
    const outcome = work();
    this.#underWay.add(outcome);
    try {
      return await outcome;
    } catch (error) {
      throw await this.#unavailable(error);
    } finally {
      this.#underWay.delete(outcome);
    }
  }

  refuseWhenClosed(): void {
    if (this.#closed) throw new StorageUnavailable('The storage has been closed.');
  }

  /** `release` is called once, when nothing is under way any more. */
  close(release: () => void | Promise<void>): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(release);
    return this.#closed;
  }
}
