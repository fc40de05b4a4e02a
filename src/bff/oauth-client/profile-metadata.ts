import type { ServerMetadata } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';

type Used = (options: FrontendOptions, requestAlg: string | undefined) => string | undefined;

/** What is used of the lists in the metadata (OpenID Connect Discovery 1.0 §3, RFC 9101 §10.1, JARM §4). */
const LISTS: [keyof ServerMetadata, Used][] = [
  ['token_endpoint_auth_methods_supported', ({ clientAuthMethod }) => clientAuthMethod],
  ['id_token_signing_alg_values_supported', ({ idTokenSignedResponseAlg }) => idTokenSignedResponseAlg],
  ['id_token_encryption_alg_values_supported', ({ idTokenEncryptedResponseAlg }) => idTokenEncryptedResponseAlg],
  ['response_modes_supported', ({ responseMode }) => responseMode],
  [
    'request_object_signing_alg_values_supported',
    ({ requestObject }, requestAlg) => (requestObject ? requestAlg : undefined),
  ],
  [
    'authorization_signing_alg_values_supported',
    ({ responseMode, authorizationSignedResponseAlg }) =>
      responseMode.endsWith('jwt') ? authorizationSignedResponseAlg : undefined,
  ],
];

/**
 * Why this server can't keep the profile. What it lists it's held to, else a login would fail at some later step with a less telling error; a server
 * that lists nothing may do it all the same. Without a profile metadata that lag behind the server stop nobody: the doctor tells of them.
 */
export function profileMistakeIn(
  server: ServerMetadata,
  options: FrontendOptions,
  requestAlg: string | undefined,
): string | undefined {
  if (options.profile === undefined) return undefined;
  for (const [member, used] of LISTS) {
    const [listed, value] = [server[member], used(options, requestAlg)];
    if (Array.isArray(listed) && value !== undefined && !listed.includes(value))
      return `the authorization server’s ${member} doesn’t list ${value}`;
  }
  return undefined;
}
