/**
 * The only file of this app that talks to the BFF. Copy it into your own app, with event-stream.ts beside it.
 * The contract behind it is docs/contract.md.
 */
import { serverSentEvents } from './event-stream.js';

/** Claims that the BFF lets through; `sub` is always there. */
export interface User {
  sub: string;
  name?: string;
  preferred_username?: string;
  email?: string;
}

/** Deadlines are ISO 8601 times in UTC. */
export interface SessionDeadlines {
  expiresAt: string;
  idleExpiresAt: string;
  refreshable: boolean;
}

export type Session = { authenticated: true; user: User; session: SessionDeadlines } | { authenticated: false };

/** `expiresIn` is in seconds: after it the URL is worthless, and it works once. */
export interface LoginRedirect {
  redirectUrl: string;
  expiresIn: number;
}

/** RFC 9457 problem details. `code` is stable; `reference` stands in the BFF's log; a 401 of the BFF has a `loginUrl`, a 503 `retryAfter` (seconds). */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string | undefined;
  reference: string | undefined;
  loginUrl: string | undefined;
  retryAfter: number | undefined;
}

export class BffError extends Error {
  constructor(
    readonly problem: Problem,
    options?: ErrorOptions,
  ) {
    super(problem.detail ?? problem.title, options);
  }
}

const KEPT_CALL = 'parlour.kept-call';
const bffUrl = new URL(import.meta.env.VITE_BFF_URL ?? '', `${location.origin}/`);
const basePath = bffUrl.pathname.replace(/\/+$/, '');

/** Who is logged in, and until when. Safe to poll: it doesn't count as the user's activity. */
export async function readSession(): Promise<Session> {
  return answer<Session>(await send('/session', { headers: { 'X-Session-Passive': '1' } }));
}

/** `ended`: docs/contract.md lists the reasons. */
export type SessionEvent =
  | { type: 'expiring'; secondsLeft: number; expiresAt: string }
  | { type: 'refreshed'; session: SessionDeadlines }
  | { type: 'ended'; reason: string };

/**
 * What happens to the session, as it happens, until the stream ends: with `ended`, or without it where the BFF restarts, say; then come back with the
 * last `id`. It doesn't count as the user's activity. Rejects with a BffError: a 401 when there's no session.
 */
export async function* sessionEvents(
  signal: AbortSignal,
  lastEventId?: string,
): AsyncGenerator<{ id: string | undefined; event: SessionEvent }> {
  const headers = { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
  const response = await send('/session/events', { headers, signal });
  if (!response.ok || response.body === null) throw new BffError(await problemOf(response));
  for await (const { id, event, data } of serverSentEvents(response.body)) {
    yield { id, event: { type: event, ...JSON.parse(data) } };
  }
}

/**
 * Pushes an authorization request; the caller then navigates to `redirectUrl`.
 * `loginUrl` is the one of a 401: it may ask for more than a plain login does.
 */
export async function startLogin(returnTo: string, loginUrl?: string): Promise<LoginRedirect> {
  const url = loginAddress(returnTo, loginUrl);
  return answer<LoginRedirect>(await request(url, { headers: { Accept: 'application/json' } }));
}

/** The same login as a plain link: the browser follows the redirect, and no script sees its URL. */
export function loginLink(returnTo: string): string {
  return loginAddress(returnTo).href;
}

/** Ends the session. The caller then navigates to the returned URL, which ends it at the authorization server too. */
export async function logout(): Promise<string> {
  const { redirectUrl } = await answer<{ redirectUrl: string }>(await send('/logout', { method: 'POST' }));
  return new URL(redirectUrl, bffUrl).href;
}

/** Where the user is logged in. `address` and `userAgent` are the login's, as its client said them. */
export interface ListedSession {
  handle: string;
  startedAt: string;
  lastSeenAt: string;
  expiresAt: string;
  address: string | null;
  userAgent: string | null;
  current: boolean;
}

/** The newest first, a hundred at most. It doesn't count as the user's activity. */
export async function listSessions(): Promise<ListedSession[]> {
  return (await answer<{ sessions: ListedSession[] }>(await send('/sessions', {}))).sessions;
}

/** Also this very session. Rejects with a 404 when it's over already. */
export async function endSession(handle: string): Promise<void> {
  const response = await send(`/sessions/${encodeURIComponent(handle)}`, { method: 'DELETE' });
  if (!response.ok) throw new BffError(await problemOf(response));
}

/** All but this one, listed or not; says how many there were. */
export async function endOtherSessions(): Promise<number> {
  return (await answer<{ ended: number }>(await send('/sessions', { method: 'DELETE' }))).ended;
}

/** `fetch` for the API: `path` is below `/api`. Answers of any status are returned, so look at `ok` as with `fetch`. */
export function callApi(path: string, init: RequestInit = {}): Promise<Response> {
  return send(`/api${path}`, init);
}

/** A call that waits for the login which a `step_up_required` asks for (docs/step-up.md). What changes something should be asked for again instead. */
export function keepCall(path: string, { sub }: User): void {
  sessionStorage.setItem(KEPT_CALL, JSON.stringify({ path, sub }));
}

/** Once, and only for the user who made it. */
export function takeKeptCall({ sub }: User): string | undefined {
  const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT_CALL) ?? 'null');
  sessionStorage.removeItem(KEPT_CALL);
  return textMember(kept, 'sub') === sub ? textMember(kept, 'path') : undefined;
}

/** What an error answer says; it may be the BFF's own or the API's, so nothing in it is taken for granted. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const text = (member: string) => textMember(body, member);
  return {
    status: response.status,
    code: text('code') ?? text('error') ?? `http_${response.status}`,
    title: text('title') ?? text('message') ?? (response.statusText || 'The request failed'),
    detail: text('detail') ?? text('error_description'),
    reference: text('reference'),
    loginUrl: text('loginUrl'),
    retryAfter: secondsOf(response.headers.get('Retry-After')),
  };
}

/** An API's may be a date; the BFF's never is (RFC 9110 §10.2.3). */
function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

function textMember(body: unknown, member: string): string | undefined {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, member) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function loginAddress(returnTo: string, loginUrl?: string): URL {
  const login = new URL(`${basePath}/login`, bffUrl);
  const wanted = loginUrl === undefined ? login : new URL(loginUrl, bffUrl);
  // A 401 may have been written by the API behind the BFF: it must not choose where a login starts.
  const url = wanted.origin === login.origin && wanted.pathname === login.pathname ? wanted : login;
  // On its own origin the BFF takes a path; from another one it compares the whole URL with ALLOWED_ORIGINS.
  url.searchParams.set('return_to', bffUrl.origin === location.origin ? returnTo : location.origin + returnTo);
  return url;
}

function send(path: string, init: RequestInit): Promise<Response> {
  return request(new URL(basePath + path, bffUrl), init);
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  // Cross-site pages can't set it without a preflight, which the BFF refuses them (RFC 10017 §6.1.3.3.2).
  headers.set('X-CSRF', '1');
  try {
    return await fetch(url, { ...init, headers, credentials: 'include' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new BffError({ ...UNREACHABLE }, { cause });
  }
}

/** The BFF's own answers are trusted to have the contract's shape; T says which. */
async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw new BffError(await problemOf(response));
  return response.json();
}

const UNREACHABLE: Problem = {
  status: 0,
  code: 'unreachable',
  title: 'The server cannot be reached',
  detail: 'The server cannot be reached at the moment. Nothing is lost; please try again.',
  reference: undefined,
  loginUrl: undefined,
  retryAfter: undefined,
};
