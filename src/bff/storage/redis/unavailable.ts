import { ErrorReply } from '@redis/client';
import type { Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';

/** The connection broke, or was given up: what was under way on it may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** It isn't known to be broken, but nothing has come for too long. */
  readonly isSilence: boolean;

  constructor(server: string, cause: unknown) {
    super(`${server}: ${cause === undefined ? 'the connection was closed' : said(cause)}`);
    this.isSilence = cause instanceof Silence;
  }
}

export class Silence extends Error {}

export function nameOf({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What went wrong at Redis, as the one error that the seam knows. */
export function unavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  const text = said(error);
  const [, meaning] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new StorageUnavailable(`${whatHappened(error)}: ${meaning === undefined ? text : `${meaning} (${text})`}`, {
    cause: new Error(text),
  });
}

function whatHappened(error: unknown): string {
  if (error instanceof ErrorReply) return 'Redis refuses';
  return error instanceof ConnectionLost ? 'Redis can’t be reached' : 'Redis failed';
}

/** What an operator has to know of errors, by how they begin. */
const MEANINGS: [RegExp, string][] = [
  [/^OOM /, 'its memory is full, and it may evict nothing (maxmemory)'],
  [/^WRONGPASS /, 'it doesn’t know the user, or not with that password'],
  [/^NOAUTH /, 'it wants a user and a password'],
  // the latter two inside of a script: Redis 7, and Valkey 8
  [
    /^NOPERM |user executing the script can't run|ACL failure in script/,
    'the user lacks a right that docs/deployment.md lists',
  ],
  [/^READONLY /, 'it is a replica, which can’t be written to'],
  [/^LOADING /, 'it is still reading its data from the disk'],
  [/^MISCONF /, 'it can’t write to its disk, and takes no writes until it can'],
  [/^NOREPLICAS /, 'it has fewer replicas than min-replicas-to-write asks for'],
  [/^CLUSTERDOWN /, 'the cluster has a slot that no node serves'],
  [/^MASTERDOWN /, 'it is a replica that has lost its primary'],
  [/^ERR unknown command .HELLO/i, 'it is older than Redis 7'],
  [/self-signed certificate|unable to (?:get|verify) .*certificate/, 'nobody who is trusted vouches for it: CA_FILE'],
];

/** A server that doesn't know a command repeats its arguments, and those of HELLO hold the password (S3). */
export function said(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split(/,? with args beginning with/i, 1)[0] ?? '';
}

/** `MOVED 3999 127.0.0.1:6381`, and the same for ASK. */
export function serverIn(redirect: string): Server {
  const address = redirect.split(' ')[2] ?? '';
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** The code of an error that the server answered with. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ErrorReply ? error.message.split(' ', 1)[0] : undefined;
}
