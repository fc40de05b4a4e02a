import type { Account } from './accounts.js';
import type { AuthorizationRequest } from './authorization-request.js';

/** That somebody has logged in with this browser. */
export interface Login {
  subject: string;
  /** Seconds since the epoch. */
  authTime: number;
  acr: string | undefined;
  /** What the person has agreed to since, for requests that may not ask (`prompt=none`). */
  consents: { clientId: string; wishes: string[] }[];
}

/** Reasons of auth/authorization/fail. */
export type Unmet = 'NOT_LOGGED_IN' | 'EXCEEDS_MAX_AGE' | 'DIFFERENT_SUBJECT' | 'ACR_NOT_SATISFIED';

export function loginOf({ subject, acr }: Account, before: Login | undefined): Login {
  const consents = before?.subject === subject ? before.consents : [];
  return { subject, acr, authTime: now(), consents };
}

/** `timeout`: seconds for which a login is remembered. */
export function isRemembered({ authTime }: Login, timeout: number): boolean {
  return now() - authTime < timeout;
}

/** What the request demands of the login and doesn't get, in the order of authlete.md; `fresh`: it was made for this request. */
export function unmet(
  { maxAge, subject, acrs, acrEssential }: AuthorizationRequest,
  login: Login | undefined,
  fresh = false,
): Unmet | undefined {
  if (!login) return 'NOT_LOGGED_IN';
  if (!fresh && isExceeded(maxAge, login)) return 'EXCEEDS_MAX_AGE';
  if (subject !== undefined && subject !== login.subject) return 'DIFFERENT_SUBJECT';
  if (acrEssential && !acrs.includes(login.acr ?? '')) return 'ACR_NOT_SATISFIED';
  return undefined;
}

/** OpenID Connect Core §3.1.2.1: `max_age=0` is as good as `prompt=login`. */
function isExceeded(maxAge: number | undefined, { authTime }: Login): boolean {
  return maxAge === 0 || (maxAge !== undefined && now() - authTime > maxAge);
}

export function consent(login: Login, request: AuthorizationRequest): void {
  const wishes = [...new Set([...(consentTo(login, request.clientId) ?? []), ...wishesOf(request)])];
  withdraw(login, request);
  login.consents.push({ clientId: request.clientId, wishes });
}

/** A denial is the newer word. */
export function withdraw(login: Login, { clientId }: AuthorizationRequest): void {
  login.consents = login.consents.filter(other => other.clientId !== clientId);
}

/**
 * Details (RFC 9396) are asked for each time: a transfer of money isn't agreed to by one that went before. So is everything for a public client, as
 * nobody knows whether it's the one that was agreed to (RFC 6749 §10.2, RFC 8252 §8.6).
 */
export function hasConsented(login: Login, request: AuthorizationRequest): boolean {
  const before = consentTo(login, request.clientId);
  if (before === undefined || request.isPublic || request.details.length > 0) return false;
  return wishesOf(request).every(wish => before.includes(wish));
}

/** All that is given away, each with its kind: a claim may be called as a scope is. */
function wishesOf({ scopes, dynamicScopes, resources, claims, claimsAtUserInfo }: AuthorizationRequest): string[] {
  const of = (kind: string, names: string[]) => names.map(name => `${kind} ${name}`);
  return [
    ...of('scope', [...scopes.map(({ name }) => name), ...dynamicScopes]),
    ...of('resource', resources),
    ...of('claim', claims),
    ...of('userinfo', claimsAtUserInfo),
  ];
}

function consentTo({ consents }: Login, clientId: string): string[] | undefined {
  return consents.find(one => one.clientId === clientId)?.wishes;
}

const now = () => Math.floor(Date.now() / 1000);
