import type { TokenSet } from '../oauth-client/token-set.js';
import type { TokenOwner } from './token-store.js';

/**
 * The client's certificate has changed since this token was bound to the old one (RFC 8705 §3): an API that compares them would refuse it. A token that was
 * obtained later all the same comes from a process that still shows the old one: two that change a moment apart would refresh by turns.
 */
export function isBoundToReplaced(
  { frontend }: Pick<TokenOwner, 'frontend'>,
  { certificateThumbprint, obtainedAt }: TokenSet,
): boolean {
  if (certificateThumbprint === undefined) return false;
  const { credentials } = frontend.client;
  return credentials.certificate()?.thumbprint !== certificateThumbprint && obtainedAt < credentials.certificateSince();
}
