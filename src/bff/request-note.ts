import type { IncomingMessage } from 'node:http';

/**
 * Something that is known of a request, kept at the request itself: a WeakMap of requests lives in the heap's old generation, and half a kilobyte of each
 * call ended up there with it, so that every ten thousand calls waited for a collection of the whole heap. Whoever prints a request doesn't print it.
 */
export class RequestNote<T> {
  private readonly name = Symbol('noted');

  get(request: IncomingMessage): T | undefined {
    // only `set` writes under this symbol
    return (request as IncomingMessage & { [name: symbol]: T | undefined })[this.name];
  }

  set(request: IncomingMessage, value: T): void {
    Object.defineProperty(request, this.name, { value, configurable: true });
  }
}
