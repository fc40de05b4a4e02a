import type { Request, Response } from 'express';
import { cookiesOf, setCookie } from '../cookies.js';
import type { Frontend } from '../frontend.js';
import { RequestNote } from '../request-note.js';
import {
  type CookieContent,
  type DoneMarker,
  hashOfState,
  isDone,
  type LoginTransaction,
  openState,
} from './login-transaction.js';
import { pack, unpack } from './transaction-format.js';

/** Milliseconds. */
const DONE_LIFETIME = 5 * 60_000;
const MOST_TRANSACTIONS = 5;
/** Bytes of one, with its name. */
const LONGEST = 800;
/** Bytes of all transaction cookies together, so that with the session's and the logout's they stay under 4 kB. */
const MOST_BYTES = 3700;

/** An attempt that this browser started, and the cookie that says so. */
export interface Attempt<Content extends CookieContent = CookieContent> {
  cookie: string;
  content: Content;
}

/** The attempt with that `state`, with everything it asked for. */
export function findTransaction(request: Request, frontend: Frontend, state: string): Attempt | undefined {
  const cookie = cookieName(frontend, state);
  const content = transactions(request, frontend).find(({ name }) => name === cookie)?.content;
  if (!content || isDone(content)) return content && { cookie, content };
  // whose cookie had no room is marked as `retried`
  const elsewhere = content.retried ? { ...openState(frontend, state)?.asked } : {};
  return { cookie, content: { ...content, asked: { ...content.asked, ...elsewhere } } };
}

/** An expired request_uri often comes back without `state` (RFC 9126 §4): the attempt it belongs to is known only when there's just one. */
export function onlyTransaction(request: Request, frontend: Frontend): Attempt<LoginTransaction> | undefined {
  const open = transactions(request, frontend).flatMap(({ name, content }) =>
    content && !isDone(content) ? [{ cookie: name, content }] : [],
  );
  return open.length === 1 ? open[0] : undefined;
}

/** Sets the new attempt's cookie; the oldest of more than five or of too many bytes go. */
export function startTransaction(
  request: Request,
  response: Response,
  frontend: Frontend,
  state: string,
  transaction: LoginTransaction,
): void {
  const name = cookieName(frontend, state);
  const value = sealed(frontend, name, transaction);
  let bytes = name.length + value.length;
  let count = 1;
  // within a second the Cookie header's order decides: the older stand first (RFC 6265bis §5.8.3)
  const byAge = transactions(request, frontend)
    .toReversed()
    .toSorted((a, b) => (b.content?.expiresAt ?? 0) - (a.content?.expiresAt ?? 0));
  for (const other of byAge) {
    bytes += other.bytes;
    if (!other.content || ++count > MOST_TRANSACTIONS || bytes > MOST_BYTES) dropCookie(response, frontend, other.name);
  }
  put(response, frontend, name, value, transaction.expiresAt);
}

/** A cookie that doesn't open, or is over, is deleted wherever it turns up (B22). */
export function dropUnreadable(request: Request, response: Response, frontend: Frontend): void {
  for (const { name, content } of transactions(request, frontend)) if (!content) dropCookie(response, frontend, name);
}

export function markDone(response: Response, frontend: Frontend, name: string, returnTo: string): void {
  const marker: DoneMarker = { done: true, returnTo, expiresAt: Date.now() + DONE_LIFETIME };
  put(response, frontend, name, sealed(frontend, name, marker), marker.expiresAt);
}

export function dropCookie(response: Response, frontend: Frontend, name: string): void {
  setCookie(response, { name, value: '', maxAge: 0, ...attributes(frontend) });
}

interface OpenedCookie {
  name: string;
  bytes: number;
  /** `undefined`: it doesn't open, or is over. */
  content: CookieContent | undefined;
}

const known = new RequestNote<OpenedCookie[]>();

/** Every transaction cookie of the request, opened once. */
function transactions(request: Request, frontend: Frontend): OpenedCookie[] {
  const found =
    known.get(request) ??
    [...cookiesOf(request)]
      .filter(([name]) => name.startsWith(frontend.cookies.login))
      .map(([name, value]) => ({ name, bytes: name.length + value.length, content: opened(frontend, name, value) }));
  known.set(request, found);
  return found;
}

function sealed(frontend: Frontend, name: string, content: CookieContent): string {
  const bytes = frontend.keys.seal('transaction', pack(content, frontend), place(frontend, name));
  const value = bytes.toString('base64url');
  if (isDone(content) || name.length + value.length <= LONGEST) return value;
  // what has to be answered stands in `state`, too; the rest would only serve the one retry
  return sealed(frontend, name, { ...content, asked: {}, retried: true });
}

function opened(frontend: Frontend, name: string, value: string): CookieContent | undefined {
  const plain = frontend.keys.open('transaction', Buffer.from(value, 'base64url'), place(frontend, name));
  if (!plain) return undefined;
  const content = unpack(plain, frontend);
  return content.expiresAt > Date.now() ? content : undefined;
}

function put(response: Response, frontend: Frontend, name: string, value: string, expiresAt: number): void {
  const maxAge = Math.ceil((expiresAt - Date.now()) / 1000);
  setCookie(response, { name, value, maxAge, ...attributes(frontend) });
}

/** With a form that another site sends no Lax cookie comes along (RFC 6265bis §5.6.7.1). Nothing is done for it but at the callback. */
function attributes({ secureCookies: secure, formPost }: Frontend): { secure: boolean; sameSite: 'lax' | 'none' } {
  return { secure, sameSite: formPost ? 'none' : 'lax' };
}

function cookieName(frontend: Frontend, state: string): string {
  return frontend.cookies.login + hashOfState(state);
}

/** The issuer recorded for this attempt is part of the seal: a cookie of one issuer opens at no other (A2, B28). */
function place({ options }: Frontend, name: string): string {
  return JSON.stringify([options.issuer, name]);
}
