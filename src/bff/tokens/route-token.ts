import type { TokenParameters } from '../oauth-client/token-parameters.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { OtherToken, OtherTokens, TokenRecord } from './token-store.js';
import { isAlive } from './validity.js';

/** Which access token an API wants; routes that want the same share one. */
export interface RouteToken {
  /** Tells it from others in caches and records. */
  readonly key: string;
  readonly parameters: TokenParameters;
  /** The user's is exchanged for it (RFC 8693), else it comes from a refresh (RFC 6749 §6, RFC 8707 §2.2). */
  readonly exchange: boolean;
}

export function routeToken({
  scope,
  resource,
  audience,
  tokenExchange,
}: TokenParameters & { tokenExchange: boolean }): RouteToken {
  return {
    key: JSON.stringify([scope ?? '', resource ?? '', audience ?? '', ...(tokenExchange ? ['exchange'] : [])]),
    parameters: { scope, resource, audience },
    exchange: tokenExchange,
  };
}

/** The session's own token does. */
export function isPlain({ parameters, exchange }: RouteToken): boolean {
  return !exchange && Object.values(parameters).every(value => value === undefined);
}

type Held = Pick<TokenRecord, 'tokens' | 'others'>;

/** What is held for it; without `wanted` the session's own. */
export function heldFor({ tokens, others }: Held, wanted: RouteToken | undefined): TokenSet | undefined {
  return wanted ? others?.[wanted.key] : tokens;
}

/** With another one, and without those that have expired. */
export function withOther({ tokens, others = {} }: Held, wanted: RouteToken, granted: OtherToken): Held {
  const living = Object.entries(others).filter(([, other]) => isAlive(other));
  return { tokens, others: { ...Object.fromEntries(living), [wanted.key]: granted } };
}

/** Those that outlive a refresh of the session's own token. */
export function outliving(others: OtherTokens = {}): { others?: OtherTokens } {
  const living = Object.entries(others).filter(([, other]) => isAlive(other) && !other.exchanged);
  return living.length > 0 ? { others: Object.fromEntries(living) } : {};
}

/** Those that don't, though the server may hold them good for longer: no logout finds them any more. */
export function dropped(others: OtherTokens = {}): OtherToken[] {
  return Object.values(others).filter(other => isAlive(other) && other.exchanged);
}
