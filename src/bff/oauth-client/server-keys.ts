import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Configuration, CustomFetch } from 'openid-client';
import { AuthorizationServerFailure, failureOf } from './failure.js';

/** Seconds between two reads of the key set, whatever `kid` is asked for and whatever the last read came to (L12). */
export const KEYS_PAUSE = 30;
/** Seconds for which the keys are believed: one that has been withdrawn is good for nothing afterwards. */
const KEYS_LIFETIME = 10 * 60;

/**
 * The authorization server's public keys (`jwks_uri`), for what it sends without having been asked: ID tokens and signed responses come at the end of a
 * login, and openid-client reads the keys for them; these come from anybody, with any `kid`.
 */
export class ServerKeys {
  private known: { find: JWTVerifyGetKey; since: number } | undefined;
  private lastRead: { keys: Promise<JWTVerifyGetKey>; at: number } | undefined;

  constructor(
    private readonly metadata: { configuration(): Promise<Configuration> },
    private readonly fetch: CustomFetch,
  ) {}

  /** For jose. Rejects with {@link AuthorizationServerFailure} when the keys can't be had, with an error of jose's when the right one isn't among them. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { known } = this;
    const find = known && secondsSince(known.since) < KEYS_LIFETIME ? known.find : await this.newest();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // a key that is younger than what we have (OpenID Connect Core §10.1.1)
      return (await this.newest())(header, token);
    }
  };

  private newest(): Promise<JWTVerifyGetKey> {
    if (!this.lastRead || secondsSince(this.lastRead.at) >= KEYS_PAUSE) {
      this.lastRead = { keys: this.read(), at: performance.now() };
    }
    return this.lastRead.keys;
  }

  private async read(): Promise<JWTVerifyGetKey> {
    try {
      const find = createLocalJWKSet(await this.keySet());
      this.known = { find, since: performance.now() };
      return find;
    } catch (error) {
      throw failureOf(error);
    }
  }

  private async keySet(): Promise<JSONWebKeySet> {
    const { jwks_uri: url } = (await this.metadata.configuration()).serverMetadata();
    if (url === undefined) throw new AuthorizationServerFailure('misconfigured', 'the metadata has no jwks_uri');
    const headers = { accept: 'application/json, application/jwk-set+json' };
    const response = await this.fetch(url, { method: 'GET', headers, body: undefined, redirect: 'manual' });
    if (response.status !== 200) throw new Error('the key set can’t be had', { cause: response });
    // jose looks whether it is one
    return (await response.json()) as JSONWebKeySet;
  }
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1000;
}
