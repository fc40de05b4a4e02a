import { decodeJwt } from 'jose';
import { allowInsecureRequests, AuthorizationResponseError, customFetch, validateJwtAuthResponse } from 'oauth4webapi';
import type { Configuration, CustomFetch } from 'openid-client';
import { metadataOf } from './known-metadata.js';

/**
 * What a signed authorization response (JARM §2) says, nothing of it believed: for its `state`, by which the attempt is found that it must be verified
 * for. Nobody is asked for keys before there is one. `undefined`: it's no signed JWT.
 */
export function unverifiedResponse(jwt: string): URLSearchParams | undefined {
  try {
    const members = Object.entries(decodeJwt(jwt));
    return new URLSearchParams(members.filter((member): member is [string, string] => typeof member[1] === 'string'));
  } catch {
    return undefined;
  }
}

/**
 * JARM §2.4, A3: signed by a key of the server's with the registered algorithm, from it, for this client, in time, and with this `state` or none.
 * What it says then, an error included.
 */
export async function verifiedResponse(
  configuration: Configuration,
  fetch: CustomFetch,
  jwt: string,
  state: string | undefined,
): Promise<URLSearchParams> {
  const { server, client } = metadataOf(configuration);
  const response = new URLSearchParams({ response: jwt });
  const options = { [customFetch]: fetch, [allowInsecureRequests]: true };
  try {
    return await validateJwtAuthResponse(server, client, response, state, options);
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return error.cause;
    throw error;
  }
}
