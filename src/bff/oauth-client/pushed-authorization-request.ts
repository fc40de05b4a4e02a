import {
  allowInsecureRequests,
  customFetch,
  isDPoPNonceError,
  processPushedAuthorizationResponse,
  pushedAuthorizationRequest,
  type ClientAuth,
} from 'oauth4webapi';
import type { Configuration, CustomFetch, DPoPHandle } from 'openid-client';
import { AuthorizationServerFailure } from './failure.js';
import { textOf } from './http.js';
import { metadataOf } from './known-metadata.js';
import { repeated } from './retry.js';

/** Characters. It goes into a `Location`, and browsers and proxies refuse whole answers with long fields: the user would see nothing at all. */
const LONGEST_REQUEST_URI = 4096;

export interface PushedAuthorizationRequest {
  requestUri: string;
  /** Seconds. */
  expiresIn: number;
  /** How often it was sent until it was answered. */
  attempts: number;
}

/**
 * Pushes an authorization request (RFC 9126 §2.1), again where nobody was met: all that a push leaves at the server is a request_uri that expires.
 * `timeout`: seconds for all attempts together. openid-client's own function drops `expires_in`, so this is oauth4webapi's, from which it's made.
 */
export async function push(
  configuration: Configuration,
  authentication: ClientAuth,
  fetch: CustomFetch,
  message: () => Promise<URLSearchParams>,
  dpop: DPoPHandle | undefined,
  timeout: number,
): Promise<PushedAuthorizationRequest> {
  const signal = AbortSignal.timeout(timeout * 1000);
  const { server, client } = metadataOf(configuration);
  const pushOnce = async () => {
    const response = await pushedAuthorizationRequest(server, client, authentication, await message(), {
      [customFetch]: fetch,
      [allowInsecureRequests]: true,
      signal,
      ...(dpop && { DPoP: dpop }),
    });
    const pushed = await processPushedAuthorizationResponse(server, client, response);
    checkExpiresIn(textOf(response));
    checkLength(pushed.request_uri);
    return { requestUri: pushed.request_uri, expiresIn: pushed.expires_in };
  };
  // a second push makes its proof and its client assertion anew: a server may have remembered the first ones (RFC 9449 §8)
  const pushWithNonce = () =>
    pushOnce().catch((error: unknown) => (dpop && isDPoPNonceError(error) ? pushOnce() : Promise.reject(error)));
  const { result, attempts } = await repeated(pushWithNonce, signal);
  return { ...result, attempts };
}

function checkLength(requestUri: string): void {
  if (requestUri.length <= LONGEST_REQUEST_URI) return;
  throw new AuthorizationServerFailure('misconfigured', 'the request_uri is too long to go through a browser');
}

/** A positive integer (RFC 9126 §2.2); oauth4webapi also takes "60" and 1.5. */
function checkExpiresIn(text: string): void {
  const body: unknown = JSON.parse(text);
  const expiresIn = typeof body === 'object' && body !== null && 'expires_in' in body ? body.expires_in : undefined;
  if (!Number.isInteger(expiresIn) || Number(expiresIn) <= 0) {
    throw new AuthorizationServerFailure(
      'misconfigured',
      'expires_in of the pushed authorization response isn’t a positive integer',
    );
  }
}
