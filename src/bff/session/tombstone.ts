import type { Frontend } from '../frontend.js';
import type { SessionRecord } from './session-record.js';

/**
 * Who was logged out at the authorization server, and when (seconds since the epoch, its clock): one session there, all of a subject's, or a session if it
 * is that subject's (OpenID Connect Back-Channel Logout 1.0 §2.4).
 */
export interface LoggedOut {
  sid?: string;
  subject?: string;
  issuedAt: number;
}

/** A login came back, and the authorization server has ended it meanwhile. */
export class LoggedOutMeanwhile extends Error {
  override readonly name = 'LoggedOutMeanwhile';
}

/** Milliseconds: the longest that a code lives (RFC 6749 §4.1.2), and a minute for what follows its exchange. */
const TOMBSTONE_LIFETIME = 11 * 60_000;

/** For a login that is under way: its code has been issued, and its session isn't in the index yet (L11). */
export async function leaveTombstone(frontend: Frontend, { sid, subject, issuedAt }: LoggedOut): Promise<void> {
  for (const key of tombstoneKeys(frontend, sid, subject)) {
    await frontend.records.storage.addToSet(key, String(issuedAt), TOMBSTONE_LIFETIME);
  }
}

/**
 * A session there that has ended stays ended. Of a subject, what began before is over: an ID token of later than the logout comes from a new login.
 * `issuedAt`: the ID token's, in seconds.
 */
export async function isLoggedOut(
  frontend: Frontend,
  { subject, sid }: Pick<SessionRecord, 'subject' | 'sid'>,
  issuedAt: number,
): Promise<boolean> {
  const ofSession =
    sid === undefined ? [] : [...(await logoutsOf(frontend, sid)), ...(await logoutsOf(frontend, sid, subject))];
  const ofSubject = await logoutsOf(frontend, undefined, subject);
  return ofSession.length > 0 || ofSubject.some(time => issuedAt < time);
}

async function logoutsOf(frontend: Frontend, sid: string | undefined, subject?: string): Promise<number[]> {
  const { storage } = frontend.records;
  const sets = tombstoneKeys(frontend, sid, subject).map(key => storage.membersOfSet(key));
  return (await Promise.all(sets)).flat().map(Number);
}

/** Under every key: another process may not have the first one yet. */
function tombstoneKeys({ keys, name, options }: Frontend, sid: string | undefined, subject?: string): string[] {
  const named = JSON.stringify([options.issuer, 'logged out', { sid, subject }]);
  return keys.macs('storage key', named).map(mac => `{${name}:out:${mac}}:tombstones`);
}
