import { unsign } from 'cookie-signature';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cookiesOf, setCookie } from '../cookies.js';
import type { Frontend } from '../frontend.js';

/** Host-only and Strict: no sibling's, no other site's request carries it (RFC 10017 §6.1.3.2). No lifetime: the deadlines are kept on the server. */
export function sessionCookie({ secureCookies }: Frontend) {
  return { path: '/', httpOnly: true, secure: secureCookies, sameSite: 'strict' as const, originalMaxAge: null };
}

export function dropSessionCookie(response: ServerResponse, { cookies, secureCookies: secure }: Frontend): void {
  setCookie(response, { name: cookies.session, value: '', maxAge: 0, secure, sameSite: 'strict' });
}

/** The id that the cookie carries, whether its session lives or not; `undefined` without a cookie, or with one whose signature doesn't open. */
export function sessionIdOf(request: IncomingMessage, frontend: Frontend): string | undefined {
  const value = cookiesOf(request).get(frontend.cookies.session);
  if (value === undefined) return undefined;
  const known = frontend.sessionIds.get(value);
  if (known !== undefined) return known;
  const id = verifiedId(value, frontend);
  if (id !== undefined) frontend.sessionIds.keep(value, id);
  return id;
}

function verifiedId(value: string, { keys }: Frontend): string | undefined {
  // express-session's form: `s:<id>.<signature>`, percent-encoded
  const signed = value.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2B', '+');
  if (!signed.startsWith('s:')) return undefined;
  for (const key of keys.secrets('session signature')) {
    const id = unsign(signed.slice(2), key.toString('base64url'));
    if (id !== false) return id;
  }
  return undefined;
}

/**
 * A cookie whose signature doesn't open is deleted (B22). One that opens and whose session has ended is left alone: while a login in another tab is
 * finishing, a late answer to the old cookie would delete the new one.
 */
export function isForged(request: IncomingMessage, frontend: Frontend): boolean {
  return cookiesOf(request).has(frontend.cookies.session) && sessionIdOf(request, frontend) === undefined;
}
