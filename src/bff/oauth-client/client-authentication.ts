import { type ClientAuth, ClientSecretBasic, ClientSecretPost } from 'openid-client';
import type { ClientAuthMethod } from '../bff.options.js';

/** The method registered for the token endpoint is the PAR endpoint's too (RFC 9126 §2), and that of refresh and revocation. */
const METHODS: Record<ClientAuthMethod, (secret: string) => ClientAuth> = {
  client_secret_basic: ClientSecretBasic,
  client_secret_post: ClientSecretPost,
};

export function clientAuthentication(method: ClientAuthMethod, secret: string): ClientAuth {
  return METHODS[method](secret);
}
