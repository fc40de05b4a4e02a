import {
  allowInsecureRequests,
  customFetch,
  isDPoPNonceError,
  processPushedAuthorizationResponse,
  pushedAuthorizationRequest,
  type ClientAuth,
} from 'oauth4webapi';
import type { Configuration, CustomFetch, DPoPHandle } from 'openid-client';
import { AuthorizationServerFailure, failureOf } from './failure.js';

export interface PushedAuthorizationRequest {
  requestUri: string;
  /** Seconds. */
  expiresIn: number;
}

/** Pushes an authorization request (RFC 9126 §2.1). openid-client's own function drops `expires_in`, so this is oauth4webapi's, from which it's made. */
export async function push(
  configuration: Configuration,
  authentication: ClientAuth,
  fetch: CustomFetch,
  parameters: URLSearchParams,
  dpop: DPoPHandle | undefined,
): Promise<PushedAuthorizationRequest> {
  const server = configuration.serverMetadata();
  const client = configuration.clientMetadata();
  const pushOnce = async () => {
    const response = await pushedAuthorizationRequest(server, client, authentication, parameters, {
      [customFetch]: fetch,
      [allowInsecureRequests]: true,
      ...(dpop && { DPoP: dpop }),
    });
    const raw = response.clone();
    const pushed = await processPushedAuthorizationResponse(server, client, response);
    await checkExpiresIn(raw);
    return { requestUri: pushed.request_uri, expiresIn: pushed.expires_in };
  };
  // a second push makes its proof and its client assertion anew: a server may have remembered the first ones (RFC 9449 §8)
  return pushOnce()
    .catch((error: unknown) => (dpop && isDPoPNonceError(error) ? pushOnce() : Promise.reject(error)))
    .catch((error: unknown) => Promise.reject(failureOf(error)));
}

/** A positive integer (RFC 9126 §2.2); oauth4webapi also takes "60" and 1.5. */
async function checkExpiresIn(response: Response): Promise<void> {
  const body: unknown = await response.json();
  const expiresIn = typeof body === 'object' && body !== null && 'expires_in' in body ? body.expires_in : undefined;
  if (!Number.isInteger(expiresIn) || Number(expiresIn) <= 0) {
    throw new AuthorizationServerFailure(
      'misconfigured',
      'expires_in of the pushed authorization response isn’t a positive integer',
    );
  }
}
