import type { Frontend } from '../frontend.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { SealedRecord } from '../storage/sealed-records.js';
import type { TokenOwner } from '../tokens/token-store.js';

/** Written once, at login, and never changed. Times are milliseconds since the epoch. */
export interface SessionRecord {
  subject: string;
  /** The authorization server's session, for its logout tokens and the end-session request. */
  sid?: string;
  /** The claims that `/session` may show. */
  user: Record<string, unknown>;
  startedAt: number;
  expiresAt: number;
  /** Where the login came from. Absent in a record of an older release. */
  address?: string;
  userAgent?: string;
}

/** A living session, as a request finds it. */
export interface Session extends TokenOwner {
  subject: string;
  sid: string | undefined;
  user: Record<string, unknown>;
  startedAt: number;
  address: string | undefined;
  userAgent: string | undefined;
  /** Within a minute. */
  lastSeenAt: number;
  /** Of the record that says so. */
  seenVersion: string;
  idleExpiresAt: number;
  refreshable: boolean;
  /** When its tokens were obtained, at login or by a refresh. */
  refreshedAt: number;
  /** The earlier of the absolute deadline and the refresh token's end, where that is known. */
  expiresAt: number;
}

/** The tag of a session's records. No raw session id stands in a key (R11). */
export function sessionKey(frontend: Frontend, mac: string): string {
  return `{${frontend.name}:${mac}}`;
}

/** What logs and lists call a session; it leads back to no cookie and no key. */
export function sessionHandle(frontend: Frontend, key: string): string {
  return frontend.keys.mac('handle', key).slice(0, HANDLE);
}

/** Characters: 96 bits. */
const HANDLE = 16;

/** Another process may have made the handle, with an older first key. */
export function hasHandle({ keys }: Frontend, key: string, handle: string): boolean {
  return keys.macs('handle', key).some(mac => mac.slice(0, HANDLE) === handle);
}

/**
 * Index sets: which sessions a `sid`, or a subject, has at this frontend's issuer. Under every key: after a rotation they stand under an older one, and a
 * process that doesn't have the newest yet finds them all the same.
 */
export function indexKeys(
  { keys, name, options }: Frontend,
  { subject, sid }: { subject?: string | undefined; sid?: string | undefined },
): string[] {
  const index = (kind: string, value: string | undefined) =>
    value === undefined
      ? []
      : keys
          .macs('storage key', JSON.stringify([options.issuer, kind, value]))
          .map(mac => `{${name}:${kind}:${mac}}:sessions`);
  return [...index('sub', subject), ...index('sid', sid)];
}

export function sessionOfRecords(
  frontend: Frontend,
  key: string,
  record: SessionRecord,
  tokens: TokenSet,
  seen: SealedRecord<number>,
): Session {
  return {
    frontend,
    key,
    handle: sessionHandle(frontend, key),
    subject: record.subject,
    sid: record.sid,
    user: record.user,
    startedAt: record.startedAt,
    address: record.address,
    userAgent: record.userAgent,
    absoluteExpiresAt: record.expiresAt,
    expiresAt: Math.min(record.expiresAt, tokens.refreshExpiresAt ?? Infinity),
    lastSeenAt: seen.value,
    seenVersion: seen.version,
    idleExpiresAt: seen.value + frontend.options.sessionIdleTimeout * 1000,
    refreshable: tokens.refreshToken !== undefined,
    refreshedAt: tokens.obtainedAt,
  };
}
