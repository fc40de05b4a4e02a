import { OAuthError } from './oauth-error.js';
import { given } from './parameters.js';
import type { Properties } from './properties.js';
import type { State } from './state.js';

/** What a client authenticates with, at the PAR endpoint and at the token endpoint alike. */
export interface Attempt {
  call: Properties;
  parameters: URLSearchParams;
  client: Properties;
  state: State;
}

type Method = (attempt: Attempt) => void | Promise<void>;

/** One way of proving it for each `tokenAuthMethod`; a client has exactly one. */
const METHODS: Readonly<Record<string, Method>> = {
  NONE: nothing,
  CLIENT_SECRET_BASIC: secretFromHeader,
  CLIENT_SECRET_POST: secretFromForm,
};

export const refused = (resultCode: string, message: string) => new OAuthError(resultCode, 'invalid_client', message);

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
  await method({ call, parameters, client, state });
  return client;
}

export function methodOf(client: Properties): string {
  return client.text('tokenAuthMethod') ?? (client.text('clientType') === 'PUBLIC' ? 'NONE' : 'CLIENT_SECRET_BASIC');
}

function clientIdOf(call: Properties, parameters: URLSearchParams): string | undefined {
  const [fromHeader, fromForm] = [call.text('clientId'), given(parameters, 'client_id')];
  if (fromHeader !== undefined && fromForm !== undefined && fromHeader !== fromForm) {
    throw refused('EMU-CLIENT-ID-DIFFERS', 'Authorization and the parameters name different clients.');
  }
  return fromHeader ?? fromForm;
}

/** com: a public client that shows a secret is refused. */
function nothing({ call, parameters }: Attempt): void {
  if (call.text('clientSecret') !== undefined || parameters.has('client_secret')) {
    throw refused('A157303', 'The client is public and has no secret.');
  }
}

/** RFC 6749 §2.3.1. com: A157357 when the credentials stand elsewhere; no source for a wrong secret. */
function secretFromHeader({ call, client }: Attempt): void {
  if (call.text('clientId') === undefined) {
    throw refused(
      'A157357',
      "The client identifier is not found at the expected location: The 'client_secret_basic' client authentication method expects the basic authentication in the 'Authorization' header.",
    );
  }
  if (call.text('clientSecret') !== client.text('clientSecret'))
    throw refused('EMU-SECRET', 'The client secret is wrong.');
}

function secretFromForm({ parameters, client }: Attempt): void {
  const secret = given(parameters, 'client_secret');
  // com has the message, not its code
  if (secret === undefined) {
    throw refused(
      'EMU-NO-SECRET',
      "The client authentication method is 'client_secret_post' but the request does not include a client secret.",
    );
  }
  if (secret !== client.text('clientSecret')) throw refused('EMU-SECRET', 'The client secret is wrong.');
}
