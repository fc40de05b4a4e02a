import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretJwt,
  ClientSecretPost,
  modifyAssertion,
  type ModifyAssertionOptions,
  PrivateKeyJwt,
  TlsClientAuth,
} from 'openid-client';
import type { ClientAuthMethod, FrontendOptions } from '../bff.options.js';
import type { ClientKey } from '../key-material/private-jwks.js';

interface Material {
  clientSecret: string | undefined;
  clientAssertionTyp: string;
  signingKey: ClientKey | undefined;
}

/** The method registered for the token endpoint is the PAR endpoint's too (RFC 9126 §2), and that of refresh and revocation. */
const METHODS: Record<ClientAuthMethod, (material: Material) => ClientAuth> = {
  client_secret_basic: ({ clientSecret }) => ClientSecretBasic(clientSecret),
  client_secret_post: ({ clientSecret }) => ClientSecretPost(clientSecret),
  client_secret_jwt: ({ clientSecret, clientAssertionTyp }) => ClientSecretJwt(clientSecret, typed(clientAssertionTyp)),
  private_key_jwt: ({ signingKey, clientAssertionTyp }) => {
    if (!signingKey) throw new Error('no key signs');
    return PrivateKeyJwt({ key: signingKey.key, kid: signingKey.kid }, typed(clientAssertionTyp));
  },
  // the server takes the certificate from the connection, so they differ only in how it knows that certificate (RFC 8705 §2.1, §2.2)
  tls_client_auth: () => TlsClientAuth(),
  self_signed_tls_client_auth: () => TlsClientAuth(),
};

export function clientAuthentication(
  { clientAuthMethod, clientSecret, clientAssertionTyp }: FrontendOptions,
  signingKey: ClientKey | undefined,
): ClientAuth {
  return METHODS[clientAuthMethod]({ clientSecret, clientAssertionTyp, signingKey });
}

/** Keeps assertions from being taken for another kind of JWT (RFC 8725 §3.11); `aud` is the issuer, a string, already (P2). */
function typed(typ: string): ModifyAssertionOptions {
  return {
    [modifyAssertion]: header => {
      header['typ'] = typ;
    },
  };
}
