import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { random } from './random.ts';

/** JSON, or where the browser goes. */
export type Answer = object | URL;

/** Bytes of the user's claims in an ID token that has 900 in all. */
const CLAIMS = 270;

/** `expires_in`: seconds. */
export function tokens(expires_in: number) {
  return { access_token: random(900), refresh_token: random(100), token_type: 'Bearer', expires_in };
}

/** The authorization server's side of logins: pushed, authorized, redeemed. An ID token is signed before its code is given out, so that a token call costs nothing. */
export class Logins {
  readonly #pushed = new Map<string, URLSearchParams>();
  readonly #granted = new Map<string, object>();
  readonly #sign: (claims: JWTPayload) => Promise<string>;
  readonly #lifetime: number;

  constructor(sign: (claims: JWTPayload) => Promise<string>, lifetime: number) {
    this.#sign = sign;
    this.#lifetime = lifetime;
  }

  push(parameters: URLSearchParams): Answer {
    const uri = `urn:ietf:params:oauth:request_uri:${random(22)}`;
    this.#pushed.set(uri, parameters);
    return { request_uri: uri, expires_in: 60 };
  }

  async authorize(given: URLSearchParams, iss: string): Promise<Answer> {
    const uri = given.get('request_uri');
    const parameters = uri === null ? given : this.#pushed.get(uri);
    const next = new URL(parameters?.get('redirect_uri') ?? iss);
    const code = random(43);
    this.#granted.set(code, {
      ...tokens(this.#lifetime),
      id_token: await this.#idToken(parameters?.get('nonce') ?? undefined),
    });
    next.search = new URLSearchParams({ code, iss, state: parameters?.get('state') ?? '' }).toString();
    return next;
  }

  redeem(parameters: URLSearchParams): Answer {
    const code = parameters.get('code') ?? '';
    const granted = this.#granted.get(code) ?? { error: 'invalid_grant' };
    this.#granted.delete(code);
    return granted;
  }

  /** As long as the fixture's. */
  async #idToken(nonce?: string): Promise<string> {
    const claims = { sub: randomUUID(), sid: random(22), ...(nonce !== undefined && { nonce }) };
    const bare = JSON.stringify({ ...claims, name: '' }).length;
    return this.#sign({ ...claims, name: random(Math.max(0, CLAIMS - bare)) });
  }
}
