import { OAuthError } from '../oauth-error.js';
import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/** What a client authenticates with, at the PAR endpoint and at the token endpoint alike. */
export interface Attempt {
  call: Properties;
  parameters: URLSearchParams;
  client: Properties;
  state: State;
}

export const refused = (resultCode: string, message: string) => new OAuthError(resultCode, 'invalid_client', message);
