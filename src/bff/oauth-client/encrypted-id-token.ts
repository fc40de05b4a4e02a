import { compactDecrypt, decodeProtectedHeader } from 'jose';
import type { CustomFetch } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import type { ClientKey } from '../key-material/private-jwks.js';
import { AuthorizationServerFailure } from './failure.js';
import { membersOf } from './http.js';

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
export function decryptingIdTokens(fetch: CustomFetch, options: FrontendOptions, keys: () => ClientKey[]): CustomFetch {
  const registered = registeredIn(options);
  if (!registered) return fetch;
  return async (url, init) => {
    const response = await fetch(url, init);
    const asksForTokens = init.body instanceof URLSearchParams && init.body.has('grant_type');
    return asksForTokens && response.ok ? decrypted(response, registered, keys()) : response;
  };
}

/**
 * The signed JWT inside one that may be encrypted: a logout token may where ID tokens are, with the same keys (OpenID Connect Back-Channel Logout 1.0 §2.4).
 * An encrypted one is told by its five parts (RFC 7516 §7.1).
 */
export async function signedJwt(jwt: string, options: FrontendOptions, keys: ClientKey[]): Promise<string> {
  const registered = registeredIn(options);
  return registered && jwt.split('.').length === 5 ? signedInside(jwt, registered, keys) : jwt;
}

function registeredIn({
  idTokenEncryptedResponseAlg: alg,
  idTokenEncryptedResponseEnc: enc = DEFAULT_ENC,
}: FrontendOptions): Registered | undefined {
  return alg === undefined ? undefined : { alg, enc };
}

async function decrypted(response: Response, registered: Registered, keys: ClientKey[]): Promise<Response> {
  const body = await membersOf(response.clone());
  // absent, or no text: that's for openid-client to say
  if (typeof body['id_token'] !== 'string') return response;
  const idToken = await signedInside(body['id_token'], registered, keys);
  const { status, headers } = response;
  return new Response(JSON.stringify({ ...body, id_token: idToken }), { status, headers });
}

/** Not encrypted, though it's registered to be: somebody has taken the encryption off. */
async function signedInside(jwt: string, { alg, enc }: Registered, keys: ClientKey[]): Promise<string> {
  try {
    const { kid } = decodeProtectedHeader(jwt);
    const allowed = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };
    // without a kid (RFC 7516 §4.1.6) each may be the one that it was encrypted to
    const candidates = keys.filter(each => each.alg === alg && (kid === undefined || each.kid === kid));
    const { plaintext } = await Promise.any(candidates.map(({ key }) => compactDecrypt(jwt, key, allowed)));
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    throw new AuthorizationServerFailure('misconfigured', `the token isn’t encrypted to us with ${alg} and ${enc}`, {
      cause,
    });
  }
}
