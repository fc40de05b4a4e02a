import { clientIdOfAssertion, privateKeyJwt } from './client-authentication/assertion.js';
import { type Attempt, refused } from './client-authentication/attempt.js';
import { selfSignedTlsClientAuth, tlsClientAuth } from './client-authentication/certificate.js';
import { clientSecretBasic, clientSecretPost, none } from './client-authentication/secret.js';
import { OAuthError } from './oauth-error.js';
import { given } from './parameters.js';
import type { Properties } from './properties.js';
import type { State } from './state.js';

type Method = (attempt: Attempt) => void | Promise<void>;

/** By `tokenAuthMethod`: a client has exactly one, for the PAR endpoint and the token endpoint alike (the seed article). */
const METHODS: Readonly<Record<string, Method>> = {
  NONE: none,
  CLIENT_SECRET_BASIC: clientSecretBasic,
  CLIENT_SECRET_POST: clientSecretPost,
  PRIVATE_KEY_JWT: privateKeyJwt,
  TLS_CLIENT_AUTH: tlsClientAuth,
  SELF_SIGNED_TLS_CLIENT_AUTH: selfSignedTlsClientAuth,
};

export async function authenticateClient(
  call: Properties,
  parameters: URLSearchParams,
  state: State,
): Promise<Properties> {
  const client = state.client(clientIdOf(call, parameters));
  if (!client) throw refused('EMU-CLIENT-UNKNOWN', 'There is no such client.');
  const name = methodOf(client);
  const method = METHODS[name];
  if (!method || !state.service.texts('supportedTokenAuthMethods')?.includes(name)) {
    throw refused('EMU-METHOD-UNSUPPORTED', `The service does without ${name}.`);
  }
  refuseSeveral(call, parameters, name);
  await method({ call, parameters, client, state });
  return client;
}

/** OpenID Connect Dynamic Client Registration §2: Basic, if nothing is said. */
export function methodOf(client: Properties): string {
  return client.text('tokenAuthMethod') ?? (client.text('clientType') === 'PUBLIC' ? 'NONE' : 'CLIENT_SECRET_BASIC');
}

function clientIdOf(call: Properties, parameters: URLSearchParams): string | undefined {
  const [fromHeader, fromForm] = [call.text('clientId'), given(parameters, 'client_id')];
  if (fromHeader !== undefined && fromForm !== undefined && fromHeader !== fromForm) {
    throw refused('EMU-CLIENT-ID-DIFFERS', 'Authorization and the parameters name different clients.');
  }
  return fromHeader ?? fromForm ?? clientIdOfAssertion(parameters);
}

/** RFC 6749 §2.3 and §5.2. A certificate counts for those who authenticate with it: to others it may be there for their tokens' sake. */
function refuseSeveral(call: Properties, parameters: URLSearchParams, method: string): void {
  const presented = [
    call.text('clientSecret') !== undefined,
    parameters.has('client_secret'),
    parameters.has('client_assertion'),
    method.endsWith('TLS_CLIENT_AUTH') && call.text('clientCertificate') !== undefined,
  ];
  if (presented.filter(Boolean).length < 2) return;
  throw new OAuthError('EMU-SEVERAL-METHODS', 'invalid_request', 'The client authenticates in more than one way.');
}
