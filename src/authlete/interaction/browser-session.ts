import { randomBytes } from 'node:crypto';
import type { AuthorizationRequest } from './authorization-request.js';
import type { Login } from './login.js';

/** An authorization request that a person in this browser has to answer. */
export interface Interaction {
  /** Stands in the page's address; it's worth nothing in another browser. */
  id: string;
  request: AuthorizationRequest;
  /** `done`: for this very request, so that a demand for it is met. */
  login: 'if needed' | 'demanded' | 'done';
}

/** What is remembered of a browser. */
export interface BrowserSession {
  /** Stands in each form. A login makes another: a page that was shown to somebody else decides nothing. */
  csrf: string;
  login?: Login;
  /** The oldest first. */
  interactions: Interaction[];
}

declare module 'express-session' {
  interface SessionData {
    authorization?: BrowserSession;
  }
}

/** Nobody can guess it. */
export const unguessable = (): string => randomBytes(24).toString('base64url');
