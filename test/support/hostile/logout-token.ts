import { randomUUID } from 'node:crypto';
import type { Hostile } from '../hostile-authorization-server.js';
import { encrypt } from './encryption.js';
import { sign } from './keys.js';
import type { IdTokenLie } from './lies.js';

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** A logout token of this server's for its client (OpenID Connect Back-Channel Logout 1.0 §2.4), told as the lie says. */
export async function logoutToken(
  hostile: Hostile,
  named: { sub?: string; sid?: string },
  lie: IdTokenLie = {},
): Promise<string> {
  if (lie.raw !== undefined) return typeof lie.raw === 'string' ? lie.raw : JSON.stringify(lie.raw);
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: hostile.issuer,
    aud: hostile.client.client_id,
    iat,
    exp: iat + 120,
    jti: randomUUID(),
    events: { [LOGOUT_EVENT]: {} },
    ...named,
  };
  const header = { typ: 'logout+jwt', ...lie.header };
  const signed = await sign(claims, hostile.client.client_secret, { ...lie, header });
  return hostile.encryption ? encrypt(signed, hostile.encryption) : signed;
}
