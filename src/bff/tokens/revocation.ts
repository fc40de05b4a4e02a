import type { Events } from '../events.js';
import { failureOf } from '../oauth-client/failure.js';
import type { SessionTokens, TokenOwner } from './token-store.js';

/** Revokes refresh and access tokens (RFC 7009 §2.1). A failure is logged and goes no further: the session has ended, whatever the server says. */
export async function revokeTokens(
  owner: Pick<TokenOwner, 'frontend' | 'handle'>,
  { refreshToken, accessToken, others = [] }: Partial<SessionTokens>,
  events: Events,
): Promise<void> {
  const revoke = async (token: string | undefined, tokenType: 'refresh_token' | 'access_token') => {
    if (token === undefined) return;
    try {
      await owner.frontend.client.revoke(token, tokenType);
    } catch (error) {
      const { message, error: code, outcome, status, errorDescription } = failureOf(error);
      const { frontend, handle } = owner;
      if (outcome === 'invalid_client') {
        const said = { status, error: code, errorDescription };
        events.record({ event: 'client_rejected', frontend: frontend.name, endpoint: 'revocation', ...said });
      }
      events.record({
        event: 'revocation_failed',
        frontend: frontend.name,
        session: handle,
        tokenType,
        reason: code ?? message,
      });
    }
  };
  // the refresh token first: where the server ends the whole grant with it, the second call merely confirms
  await revoke(refreshToken, 'refresh_token');
  for (const token of [accessToken, ...others.map(other => other.accessToken)]) await revoke(token, 'access_token');
}
