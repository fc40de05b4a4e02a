import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  AuthorizationResponseError,
  type AuthorizationServer,
  type Client,
  clockTolerance,
  customFetch,
  validateJwtAuthResponse,
} from 'oauth4webapi';
import type { Configuration, CustomFetch } from 'openid-client';
import { CLOCK_SKEW } from './metadata.js';

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

/** The server's keys are cached for this object, which openid-client makes anew at each call. */
const known = new WeakMap<Configuration, { server: AuthorizationServer; client: Client }>();

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
  const metadata = known.get(configuration) ?? {
    server: configuration.serverMetadata(),
    client: { ...configuration.clientMetadata(), [clockTolerance]: CLOCK_SKEW },
  };
  known.set(configuration, metadata);
  const { server, client } = metadata;
  const response = new URLSearchParams({ response: jwt });
  const options = { [customFetch]: fetch, [allowInsecureRequests]: true };
  try {
    return await validateJwtAuthResponse(server, client, response, state, options);
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return error.cause;
    throw error;
  }
}
