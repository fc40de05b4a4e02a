import type { Request, Response } from 'express';
import { randomBytes } from 'node:crypto';
import { cookiesOf, setCookie } from '../cookies.js';
import type { Frontend } from '../frontend.js';

/** Milliseconds between `/logout` and its continuation, and until the user is back from the end-session endpoint. */
const CONTINUE_WITHIN = 60_000;
const RETURN_WITHIN = 10 * 60_000;
/** Characters of a URL that every server and proxy takes. */
const LONGEST_URL = 4000;

/** What is left of an ended session: enough to end it at the authorization server, too (OpenID Connect RP-Initiated Logout 1.0 §2). */
export interface EndSession {
  idToken?: string;
  subject: string;
  /** Where it all ends. */
  home: string;
}

/** `POST_LOGOUT_PATH`, at the origin of the page that logs out: the SPA may be at another one of the same site. */
export function homeOf({ headers: { origin } }: Request, frontend: Frontend): string {
  const { postLogoutPath } = frontend.options;
  const elsewhere = origin !== undefined && origin !== frontend.origin && frontend.allowsOrigin(origin);
  return elsewhere ? origin + postLogoutPath : postLogoutPath;
}

/** Kept in the storage and named by a one-time handle, so that the `id_token_hint` never stands where a script can read it (L4). */
export async function prepareEndSession(frontend: Frontend, what: EndSession): Promise<string> {
  const handle = randomBytes(24).toString('base64url');
  await frontend.records.put(recordKey(frontend, handle), what, CONTINUE_WITHIN);
  return handle;
}

/** Once: of two that come with the same handle one gets it. */
export async function takeEndSession(frontend: Frontend, handle: string): Promise<EndSession | undefined> {
  const key = recordKey(frontend, handle);
  const record = await frontend.records.get<EndSession>(key);
  return record && (await frontend.records.delete(key)) ? record.value : undefined;
}

/** The end-session URL, or `undefined` where the server has no such endpoint. Remembers its `state` in a cookie. */
export async function endSessionUrl(
  response: Response,
  frontend: Frontend,
  { idToken, subject, home }: EndSession,
): Promise<string | undefined> {
  const { clientId } = frontend.options;
  const state = randomBytes(16).toString('base64url');
  const parameters = {
    client_id: clientId,
    post_logout_redirect_uri: frontend.origin + frontend.path('/logout/callback'),
    state,
  };
  const hinted = await frontend.client.endSessionUrl({
    ...parameters,
    ...(idToken !== undefined && { id_token_hint: idToken }),
  });
  const tooLong = hinted !== undefined && hinted.href.length > LONGEST_URL;
  const url = tooLong ? await frontend.client.endSessionUrl({ ...parameters, logout_hint: subject }) : hinted;
  if (url)
    setCookie(response, { ...cookie(frontend), value: sealed(frontend, [state, home]), maxAge: RETURN_WITHIN / 1000 });
  return url?.href;
}

type LogoutCookie = [state: string, home: string];

/** Where the logout that this browser began is to end; `undefined` when it's another one's return. Either way the cookie has served. */
export function returnedFromEndSession(request: Request, response: Response, frontend: Frontend): string | undefined {
  const value = cookiesOf(request).get(frontend.cookies.logout);
  if (value === undefined) return undefined;
  setCookie(response, { ...cookie(frontend), value: '', maxAge: 0 });
  const opened = frontend.keys.open('logout', Buffer.from(value, 'base64url'), frontend.cookies.logout);
  if (!opened) return undefined;
  // the seal vouches that this code wrote it
  const [state, home] = JSON.parse(opened.toString()) as LogoutCookie;
  return state === request.query['state'] ? home : undefined;
}

function sealed(frontend: Frontend, content: LogoutCookie): string {
  return frontend.keys
    .seal('logout', Buffer.from(JSON.stringify(content)), frontend.cookies.logout)
    .toString('base64url');
}

function cookie({ cookies, secureCookies }: Frontend) {
  return { name: cookies.logout, secure: secureCookies, sameSite: 'lax' as const };
}

function recordKey({ name, keys }: Frontend, handle: string): string {
  return `{${name}:${keys.mac('storage key', handle)}}:end-session`;
}
