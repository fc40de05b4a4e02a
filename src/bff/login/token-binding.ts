import type { Frontend } from '../frontend.js';
import { dpopKeyOf, newDpopKey } from '../oauth-client/dpop-key.js';
import type { TokenBinding } from '../oauth-client/dpop.js';
import type { LoginTransaction } from './login-transaction.js';

/**
 * What this attempt's tokens are to be bound to: the key whose thumbprint was pushed (RFC 9449 §10). One that was started before `dpop` was switched on
 * gets a key now, since its code is bound to none.
 */
export function tokenBinding({ options }: Frontend, { dpopSeed }: LoginTransaction): TokenBinding {
  if (dpopSeed !== undefined) return { dpop: dpopKeyOf(dpopSeed) };
  return options.dpop ? { dpop: newDpopKey() } : {};
}
