import type { Events } from '../events.js';
import { failureOf } from '../oauth-client/failure.js';
import type { TokenResponse } from '../oauth-client/token-set.js';
import type { RefreshLease } from './refresh-lease.js';
import { binding, type Refreshed, save, underLease } from './renewal.js';
import { type RouteToken, withOther } from './route-token.js';
import { recordTokenFailure } from './token-failure.js';
import type { TokenOwner } from './token-store.js';

/** The session's access token exchanged for a route's (RFC 8693). No failure ends the session: what is refused is the exchange. */
export function exchange(
  owner: TokenOwner,
  lease: RefreshLease,
  wanted: RouteToken,
  events: Events,
): Promise<Refreshed> {
  return underLease(owner, lease, () => attempt(owner, lease, wanted, events));
}

async function attempt(owner: TokenOwner, lease: RefreshLease, wanted: RouteToken, events: Events): Promise<Refreshed> {
  const { record } = lease;
  const { tokenEndpoint } = owner.frontend.client;
  const at = { frontend: owner.frontend.name, session: owner.handle };
  let response: TokenResponse;
  try {
    const { accessToken } = record.tokens;
    const bound = binding(owner, record);
    response = await tokenEndpoint.exchangeToken(accessToken, wanted.parameters, bound, () => lease.maySend());
  } catch (error) {
    const failure = failureOf(error);
    recordTokenFailure(events, 'token_exchange', failure, at);
    return { kind: 'failed', retryAfter: failure.retryAfter, outcome: failure.outcome };
  }
  const { idToken: _idToken, ...tokens } = response.tokens;
  const granted = { ...tokens, exchanged: true } as const;
  const renewal = { held: withOther(record, wanted, granted), granted, wanted };
  return save(owner, lease, renewal, events, outcome => {
    if (outcome === 'orphaned') events.record({ event: 'refresh_orphaned', ...at });
  });
}
