import type { TokenSet } from '../oauth-client/token-set.js';
import type { TokenOwner } from './token-store.js';

/**
 * The client's certificate has changed since this token was bound to the old one (RFC 8705 §3): an API that compares them would refuse it. A token that is
 * younger than our certificate comes from a process that has read another file: two that see a new one a moment apart would refresh by turns.
 */
export function isBoundToReplaced(
  { frontend }: Pick<TokenOwner, 'frontend'>,
  { certificateThumbprint, obtainedAt }: TokenSet,
): boolean {
  const current = frontend.client.credentials.certificate();
  if (certificateThumbprint === undefined || current === undefined) return false;
  return certificateThumbprint !== current.thumbprint && obtainedAt < current.readAt;
}
