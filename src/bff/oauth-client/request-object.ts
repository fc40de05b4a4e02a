import { issueRequestObject, modifyAssertion } from 'oauth4webapi';
import type { Configuration } from 'openid-client';
import type { ClientKey } from '../key-material/private-jwks.js';
import { AuthorizationServerFailure } from './failure.js';
import { metadataOf } from './known-metadata.js';

/** Seconds that a request object is good for; FAPI 2.0 Message Signing §5.3.1 allows an hour (F9). */
const LIFETIME = 5 * 60;

/**
 * The authorization request as one signed message (JAR, RFC 9101): everything stands in `request`, and beside it `client_id` alone. What authenticates
 * the client comes on top, outside (RFC 9126 §3, P10).
 */
export async function signedRequest(
  configuration: Configuration,
  parameters: URLSearchParams,
  key: ClientKey | undefined,
): Promise<URLSearchParams> {
  if (!key) throw new AuthorizationServerFailure('misconfigured', 'no key signs the request object');
  const { server, client } = metadataOf(configuration);
  const request = await issueRequestObject(server, client, parameters, key, {
    [modifyAssertion]: (_header, claims) => {
      claims['exp'] = Number(claims['nbf']) + LIFETIME;
    },
  });
  return new URLSearchParams({ client_id: client.client_id, request });
}
