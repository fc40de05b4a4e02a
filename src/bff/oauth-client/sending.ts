import { AsyncLocalStorage } from 'node:async_hooks';
import type { CustomFetch } from 'openid-client';
import { AuthorizationServerFailure } from './failure.js';

const permission = new AsyncLocalStorage<() => boolean>();

/** Within `work` nothing is posted once `maySend` says no: between a decision and its sending, or its repetition, a process may stand still for long. */
export function sendingWhile<T>(maySend: () => boolean, work: () => Promise<T>): Promise<T> {
  return permission.run(maySend, work);
}

export function askingBeforeSending(fetch: CustomFetch): CustomFetch {
  return (url, init) => {
    // what is read (keys, say) uses nothing up
    if (init.method === 'POST' && permission.getStore()?.() === false) {
      throw new AuthorizationServerFailure('unavailable', 'it was too late to send the request');
    }
    return fetch(url, init);
  };
}
