import { compactDecrypt, decodeProtectedHeader } from 'jose';
import type { CustomFetch } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import type { ClientKey } from '../key-material/private-jwks.js';
import { AuthorizationServerFailure } from './failure.js';

/** OpenID Connect Dynamic Client Registration §2. */
const DEFAULT_ENC = 'A128CBC-HS256';

interface Registered {
  alg: string;
  enc: string;
}

/**
 * Opens the ID token of each token response, where one is registered as encrypted: what goes on is the signed one inside, which openid-client verifies
 * and `id_token_hint` takes (OpenID Connect RP-Initiated Logout §2). With the keys of this moment, where openid-client would keep those of its start.
 */
export function decryptingIdTokens(
  fetch: CustomFetch,
  { idTokenEncryptedResponseAlg: alg, idTokenEncryptedResponseEnc: enc = DEFAULT_ENC }: FrontendOptions,
  keys: () => ClientKey[],
): CustomFetch {
  if (alg === undefined) return fetch;
  return async (url, init) => {
    const response = await fetch(url, init);
    const asksForTokens = init.body instanceof URLSearchParams && init.body.has('grant_type');
    return asksForTokens && response.ok ? decrypted(response, { alg, enc }, keys()) : response;
  };
}

async function decrypted(response: Response, registered: Registered, keys: ClientKey[]): Promise<Response> {
  const body = await bodyOf(response);
  // absent, or no text: that's for openid-client to say
  if (typeof body['id_token'] !== 'string') return response;
  const idToken = await signedIdToken(body['id_token'], registered, keys);
  const { status, headers } = response;
  return new Response(JSON.stringify({ ...body, id_token: idToken }), { status, headers });
}

/** Not encrypted, though it's registered to be: somebody has taken the encryption off. */
async function signedIdToken(idToken: string, { alg, enc }: Registered, keys: ClientKey[]): Promise<string> {
  try {
    const { kid } = decodeProtectedHeader(idToken);
    const allowed = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };
    // without a kid (RFC 7516 §4.1.6) each may be the one that it was encrypted to
    const candidates = keys.filter(each => each.alg === alg && (kid === undefined || each.kid === kid));
    const { plaintext } = await Promise.any(candidates.map(({ key }) => compactDecrypt(idToken, key, allowed)));
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    throw new AuthorizationServerFailure('misconfigured', `the ID token isn’t encrypted to us with ${alg} and ${enc}`, {
      cause,
    });
  }
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.clone().json();
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}
