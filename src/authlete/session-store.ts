import session, { type SessionData, type Store } from 'express-session';
import createMemoryStore from 'memorystore';

const MemoryStore = createMemoryStore(session);

/** Whoever likes can start a session: beyond this number the one that was used longest ago goes, and one without a login goes soon. */
const MOST = 10_000;
/** Milliseconds. */
const CHECK = 600_000;
const UNUSED = { anonymous: 900_000, loggedIn: 86_400_000 };

/** For a host that names no store: bounded, in memory, for one process and until it ends. */
export function memoryStore(): Store {
  return new MemoryStore({ max: MOST, checkPeriod: CHECK, ttl });
}

function ttl(_options: unknown, { authorization }: Partial<SessionData>): number {
  return authorization?.login ? UNUSED.loggedIn : UNUSED.anonymous;
}
