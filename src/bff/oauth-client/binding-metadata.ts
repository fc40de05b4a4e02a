import type { ServerMetadata } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import { backchannel } from './http.js';

/** Why this server won't bind tokens as configured. */
export function bindingMistakeIn(server: ServerMetadata, options: FrontendOptions): string | undefined {
  const { dpop, certificateBoundAccessTokens } = options;
  const algs = server.dpop_signing_alg_values_supported;
  // RFC 9449 §5.1: a server may say nothing; then `token_type` tells
  if (dpop && algs !== undefined && !algs.includes('ES256')) {
    return 'the authorization server takes no DPoP proofs signed with ES256';
  }
  if (!certificateBoundAccessTokens) return undefined;
  // RFC 8705 §3.3: false when left out; and no answer would tell
  if (server.tls_client_certificate_bound_access_tokens !== true) {
    return 'the authorization server doesn’t advertise tls_client_certificate_bound_access_tokens';
  }
  return showsCertificate(server, options)
    ? undefined
    : 'the token endpoint is plain http, where no certificate is shown: no token would be bound to it';
}

/** It's in the TLS handshake with the token endpoint that tokens get bound (RFC 8705 §3), or with its alias (§5). */
function showsCertificate(server: ServerMetadata, { issuer, backchannelUrl }: FrontendOptions): boolean {
  const url = URL.parse(server.mtls_endpoint_aliases?.token_endpoint ?? server.token_endpoint ?? '');
  return url !== null && backchannel(url, { issuer, backchannelUrl }).protocol === 'https:';
}
