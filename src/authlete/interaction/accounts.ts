/** Somebody who may log in, as the host knows them. */
export interface Account {
  /** Never given to anybody else (OpenID Connect Core §2, `sub`). */
  subject: string;
  /** What the consent page calls the person. */
  name: string;
  /** For the ID token and the userinfo endpoint, by claim names; Authlete picks those that were asked for. */
  claims: Record<string, unknown>;
  /** Which authentication context class the login satisfied. */
  acr?: string;
}

/**
 * Where the people are: a host's own. Guessing passwords is its business, as the number of attempts and the time that a refusal takes are seen here
 * only: `authenticate` should limit the attempts, and take as long for an unknown name as for a wrong password.
 */
export interface Accounts {
  /** `undefined`: the name or the password is wrong. A rejection means that nobody can log in at the moment. */
  authenticate(username: string, password: string): Promise<Account | undefined>;
  find(subject: string): Promise<Account | undefined>;
}
