import type { ServerMetadata } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';

/** Why this server won't bind tokens as configured. */
export function bindingMistakeIn(
  server: ServerMetadata,
  { dpop, certificateBoundAccessTokens }: FrontendOptions,
): string | undefined {
  const algs = server.dpop_signing_alg_values_supported;
  // RFC 9449 §5.1: a server may say nothing; then `token_type` tells
  if (dpop && algs !== undefined && !algs.includes('ES256')) {
    return 'the authorization server takes no DPoP proofs signed with ES256';
  }
  // RFC 8705 §3.3: false when left out; and no answer would tell
  if (certificateBoundAccessTokens && server.tls_client_certificate_bound_access_tokens !== true) {
    return 'the authorization server doesn’t advertise tls_client_certificate_bound_access_tokens';
  }
  return undefined;
}
