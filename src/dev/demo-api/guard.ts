import { challenge } from './answer.js';

export interface AccessToken {
  sub: string;
  scopes: Set<string>;
  /** When its user logged in, seconds since the epoch; `undefined` when nobody says. */
  authTime: number | undefined;
}

/** Lets the call in whose token is good and, where the route wants one, has the scope; throws {@link Refused} otherwise. */
export type Guard = (authorization: string | undefined, scope: string | undefined) => Promise<AccessToken>;

export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** The value of `WWW-Authenticate`. */
    readonly authenticate: string,
  ) {
    super(detail);
  }
}

/** RFC 6750 §3.1: without credentials the challenge carries no error code. */
const NO_TOKEN = () => new Refused(401, 'This API needs an access token.', challenge({}));

export const invalidToken = (authenticate = challenge({ error: 'invalid_token' })) =>
  new Refused(401, 'The access token is malformed, expired or not for this API.', authenticate);

export const insufficientScope = (
  scope: string | undefined,
  authenticate = challenge({ error: 'insufficient_scope', scope }),
) => new Refused(403, `This needs the scope ${scope}.`, authenticate);

/** RFC 9470 §3: the token is good, and the login behind it too old. `maxAge`: seconds. */
export function requireFreshLogin({ authTime }: AccessToken, maxAge: number): void {
  if (authTime !== undefined && Date.now() / 1000 - authTime <= maxAge) return;
  const parameters = { error: 'insufficient_user_authentication', max_age: String(maxAge) };
  throw new Refused(401, 'This needs a fresh login.', challenge(parameters));
}

export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw NO_TOKEN();
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw invalidToken();
  return token;
}
