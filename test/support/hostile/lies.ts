import type { JWTPayload } from 'jose';
import type { Call } from './call.js';

/** A change of the honest value: members to set (`undefined` takes one away), or a function of the honest value that returns them. */
export type Change<T> = Record<string, unknown> | ((honest: T) => Record<string, unknown>);

/** What an endpoint answers instead of the truth. Without `status` and `body` the honest answer goes out, with `members` changed. */
export interface AnswerLie {
  status?: number;
  /** Set on top of the honest headers; `undefined` takes one away. */
  headers?: Record<string, string | string[] | undefined>;
  /** Members of the honest JSON answer that change. */
  members?: Change<Record<string, unknown>>;
  /** The whole body: a string or bytes as they are, all else as JSON. A function is for bodies too big to be kept. */
  body?: unknown;
  /** hang: never answers. drop: closes the connection unanswered. truncate: closes it half-way. drip: a byte every 200 ms. */
  transport?: 'hang' | 'drop' | 'truncate' | 'drip';
  /** Answers when this settles: a test holds a call open with it. What the call does at this server is done before. */
  after?: Promise<unknown>;
  delayMs?: number;
  /** Lies this often, and is honest from then on. Without it: until `beHonest()`. */
  times?: number;
}

export interface AuthorizationLie {
  /** A value may be an array: the parameter is repeated. */
  parameters?: Change<Record<string, string>>;
  /** Asks for a password first: the response starts from a cross-site form, not from a silent redirect. */
  form?: true;
  /** In another response mode than was asked for. */
  mode?: 'query' | 'form_post' | 'query.jwt' | 'form_post.jwt';
  /** What is wrong with the JWT of a signed response. */
  jwt?: IdTokenLie;
  /** Further parameters, beside the JWT of a signed response. */
  beside?: Record<string, string>;
  /** Text at the end of the redirect URI: `?code=x`. */
  query?: string;
  times?: number;
}

export interface IdTokenLie {
  claims?: Change<JWTPayload & { exp: number; iat: number }>;
  header?: Record<string, unknown>;
  /** RS256 honestly. ES256 and PS256 sign with a published key of that type; HS256 with `hmacKey`. */
  alg?: 'none' | 'ES256' | 'PS256' | 'HS256';
  hmacKey?: 'client_secret' | 'public_key';
  /** wrong: a bit is flipped. stranger: made by a key nobody published, under the published `kid`. missing: an empty third part. */
  signature?: 'wrong' | 'stranger' | 'missing';
  /** The whole token. */
  raw?: unknown;
  times?: number;
}

export interface KeysLie extends AnswerLie {
  /** Four keys share the one `kid`; the right one is told by `kty`, `use` and `alg` only. */
  twins?: true;
}

/** One slot for each thing that can lie. `refresh` and `refreshedIdToken` are the token endpoint's second grant. */
export interface Lies {
  discovery?: AnswerLie;
  jwks?: KeysLie;
  par?: AnswerLie;
  authorization?: AuthorizationLie;
  token?: AnswerLie;
  idToken?: IdTokenLie;
  refresh?: AnswerLie;
  refreshedIdToken?: IdTokenLie;
  userinfo?: AnswerLie;
  revocation?: AnswerLie;
}

/** `request`: the authorization request that the ID token belongs to. */
export interface Chosen {
  answer?: (call: Call) => AnswerLie | undefined;
  idToken?: (request: URLSearchParams) => IdTokenLie | undefined;
}

export function changed<T extends object>(honest: T, change: Change<T> | undefined): Record<string, unknown> {
  return { ...honest, ...(typeof change === 'function' ? change(honest) : change) };
}

/** The lie to tell now: one with `times` is used up. */
export function take<K extends keyof Lies>(lies: Lies, slot: K): Lies[K] | undefined {
  const lie = lies[slot];
  if (lie?.times === undefined) return lie;
  if (lie.times <= 0) return undefined;
  lie.times -= 1;
  return lie;
}
