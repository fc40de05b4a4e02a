import { type Configuration, type CustomFetch, type DPoPHandle, getDPoPHandle, modifyAssertion } from 'openid-client';
import type { DpopKey } from './dpop-key.js';
import type { DpopNonces } from './dpop-nonces.js';
import { keyPairOf } from './dpop-proof.js';
import { AuthorizationServerFailure } from './failure.js';

/** What the tokens of a login are bound to; nothing: they're bearer tokens. */
export interface TokenBinding {
  dpop?: DpopKey | undefined;
  /** `x5t#S256` of the certificate that was shown (RFC 8705 §3.1); no answer says that a token is bound to it, so the metadata has to. */
  certificate?: string | undefined;
}

/** What makes openid-client prove the possession of the key in its calls to the authorization server (RFC 9449 §5, §7, §10). */
export async function proving(
  configuration: Configuration,
  { dpop }: TokenBinding,
  nonces: DpopNonces,
): Promise<{ DPoP?: DPoPHandle }> {
  if (!dpop) return {};
  const handle = getDPoPHandle(configuration, await keyPairOf(dpop), {
    [modifyAssertion]: (_header, proof) => {
      const { htu } = proof;
      // the handle knows the nonces of its own calls only
      if (typeof htu === 'string') proof['nonce'] = nonces.of(new URL(htu).origin);
    },
  });
  return { DPoP: handle };
}

/** `token_type` says what came (RFC 9449 §5): a bearer token where a bound one was asked for would be a downgrade that nobody notices. */
export function bindingMistake(tokenType: string, { dpop }: TokenBinding): AuthorizationServerFailure | undefined {
  if ((tokenType === 'dpop') === (dpop !== undefined)) return undefined;
  return new AuthorizationServerFailure('misconfigured', `token_type is ${tokenType}, not ${dpop ? 'dpop' : 'bearer'}`);
}

/** RFC 9449 §8.2: any answer may bring the next nonce. */
export function learningNonces(fetch: CustomFetch, nonces: DpopNonces): CustomFetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    nonces.learn(new URL(url).origin, response.headers.get('dpop-nonce'));
    return response;
  };
}
