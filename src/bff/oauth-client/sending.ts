import { AsyncLocalStorage } from 'node:async_hooks';
import type { CustomFetch } from 'openid-client';
import { AuthorizationServerFailure } from './failure.js';

export interface Sending {
  maySend(): boolean;
  /** Hears of each answer. */
  answered?(response: Response): void;
}

const sendings = new AsyncLocalStorage<Sending>();

/** Within `work` nothing is posted once `maySend` says no: between a decision and its sending, or its repetition, a process may stand still for long. */
export function sendingWhile<T>(sending: Sending, work: () => Promise<T>): Promise<T> {
  return sendings.run(sending, work);
}

export function askingBeforeSending(fetch: CustomFetch): CustomFetch {
  return async (url, init) => {
    // what is read (keys, say) uses nothing up
    const sending = init.method === 'POST' ? sendings.getStore() : undefined;
    if (sending?.maySend() === false) {
      throw new AuthorizationServerFailure('unavailable', 'it was too late to send the request');
    }
    const response = await fetch(url, init);
    sending?.answered?.(response);
    return response;
  };
}
