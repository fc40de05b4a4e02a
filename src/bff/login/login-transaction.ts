import { createHash } from 'node:crypto';
import type { LoginParameter } from '../bff.options.js';
import { deflated, inflated } from '../deflate.js';
import type { Frontend } from '../frontend.js';

/** One login attempt, kept by the browser that started it, sealed. Times are milliseconds since the epoch, whole seconds. */
export interface LoginTransaction {
  codeVerifier: string;
  /** What the verifier and the key that the tokens will be bound to (RFC 9449) were derived from; absent: there's no such key. */
  dpopSeed?: string;
  nonce: string;
  returnTo: string;
  expiresAt: number;
  /** What the browser asked for: it must be answered (`max_age`, `acr_values`), or is asked again by the one retry. */
  asked: Partial<Record<LoginParameter, string>>;
  /** The key of the session that it was started from, which its success replaces: the Strict cookie isn't there at the callback. */
  replaces?: string;
  /** For a re-authentication: a hash of the subject that must come back (B23). */
  subject?: string;
  /** The one automatic retry of an expired request_uri is spent (P8), or what it would ask for found no room in the cookie. */
  retried?: boolean;
}

/** What stands in the cookie after success: the same callback again goes on to `returnTo`, and nothing else. */
export interface DoneMarker {
  done: true;
  returnTo: string;
  expiresAt: number;
}

export type CookieContent = LoginTransaction | DoneMarker;

export function isDone(content: CookieContent): content is DoneMarker {
  return 'done' in content;
}

/** What `state` says to the server that made it. */
export interface StateContent {
  returnTo: string;
  asked: Pick<LoginTransaction['asked'], 'max_age' | 'acr_values'>;
}

/**
 * `state` itself carries the sealed `return_to`: a callback too late for its cookie can still offer that address. And what the ID token must answer
 * (A9), for which a cookie with a long `return_to` has no room.
 */
export function createState(frontend: Frontend, { returnTo, asked }: StateContent): string {
  const { max_age, acr_values } = asked;
  const content = deflated(JSON.stringify([returnTo, { max_age, acr_values }]));
  return frontend.keys.seal('state', content, frontend.options.issuer).toString('base64url');
}

export function openState(frontend: Frontend, state: string): StateContent | undefined {
  const opened = frontend.keys.open('state', Buffer.from(state, 'base64url'), frontend.options.issuer);
  if (!opened) return undefined;
  // the seal vouches that `createState` wrote it
  const [returnTo, asked] = JSON.parse(inflated(opened)) as [string, StateContent['asked']];
  return { returnTo, asked };
}

/** Not keyed: instances whose key rings differ for a moment must name the same attempt alike, or it could be taken twice. */
export function hashOfState(state: string): string {
  return createHash('sha256').update(state).digest('base64url').slice(0, 22);
}
