import type { TokenSet } from '../oauth-client/token-set.js';
import { isBoundToReplaced } from './certificate-binding.js';
import type { TokenOwner } from './token-store.js';

/** Milliseconds before its expiry in which a token is renewed, or a fifth of its life where that is shorter. */
const AHEAD = 30_000;
/** Milliseconds in which one refresh at most is forced, however often an API says 401 (R12). */
export const FORCE_PAUSE = 30_000;

type Whose = Pick<TokenOwner, 'frontend'>;

/** Its time has come, or the certificate that it's bound to has gone. */
export function isDue(whose: Whose, tokens: TokenSet): boolean {
  const { obtainedAt, expiresAt } = tokens;
  const soon = expiresAt !== undefined && Date.now() >= expiresAt - Math.min(AHEAD, (expiresAt - obtainedAt) / 5);
  return soon || isBoundToReplaced(whose, tokens);
}

/** Not yet expired, nor bound to a certificate that isn't shown any more. */
export function isUsable(whose: Whose, tokens: TokenSet): boolean {
  return isAlive(tokens) && !isBoundToReplaced(whose, tokens);
}

export function isAlive({ expiresAt }: TokenSet): boolean {
  return expiresAt === undefined || Date.now() < expiresAt;
}
