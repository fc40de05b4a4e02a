import { given } from '../parameters.js';
import type { Properties } from '../properties.js';
import { type Attempt, refused } from './attempt.js';

/** com: a public client that shows a secret is refused. */
export function none({ call, parameters }: Attempt): void {
  if (call.text('clientSecret') === undefined && !parameters.has('client_secret')) return;
  throw refused('A157303', 'The client is public and has no secret.');
}

/** RFC 6749 §2.3.1. com: code and message when the credentials stand elsewhere; no source for a wrong secret. */
export function clientSecretBasic({ call, client }: Attempt): void {
  if (call.text('clientId') === undefined) {
    throw refused(
      'A157357',
      "The client identifier is not found at the expected location: The 'client_secret_basic' client authentication method expects the basic authentication in the 'Authorization' header.",
    );
  }
  checkSecret(call.text('clientSecret'), client);
}

/** com has the message, not its code. */
export function clientSecretPost({ parameters, client }: Attempt): void {
  const secret = given(parameters, 'client_secret');
  if (secret === undefined) {
    throw refused(
      'EMU-NO-SECRET',
      "The client authentication method is 'client_secret_post' but the request does not include a client secret.",
    );
  }
  checkSecret(secret, client);
}

function checkSecret(secret: string | undefined, client: Properties): void {
  const expected = client.text('clientSecret');
  if (expected === undefined || secret !== expected) throw refused('EMU-SECRET', 'The client secret is wrong.');
}
