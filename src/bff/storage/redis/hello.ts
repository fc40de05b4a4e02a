import { StorageUnavailable } from '../storage.js';

/** What a server says of itself (HELLO needs no right, so this can always be asked). */
export interface Hello {
  server: string;
  version: string;
  /** `standalone`, `sentinel` or `cluster`. */
  mode: string;
  /** `master` or `replica`. */
  role: string;
}

/** The first with commands for sharded notices, and with rights for them. Valkey began at 7.2. */
const OLDEST = 7;

/** Throws {@link StorageUnavailable} when it's older than what this code was written for. */
export function refuseOther(reply: unknown, name: string): Hello {
  const { server, version, mode, role } = Object(reply) as Partial<Record<keyof Hello, unknown>>;
  const hello = { server: text(server), version: text(version), mode: text(mode), role: text(role) };
  if (!(Number.parseInt(hello.version, 10) >= OLDEST))
    throw new StorageUnavailable(
      `${name} is ${hello.server || 'something'} ${hello.version || 'of an unknown version'}, and it has to be Redis ${OLDEST} or Valkey, or newer.`,
    );
  return hello;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 40) : '';
}
