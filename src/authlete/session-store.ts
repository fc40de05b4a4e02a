import session, { type Store } from 'express-session';
import createMemoryStore from 'memorystore';

const MemoryStore = createMemoryStore(session);

/** Whoever likes can start a session: beyond this number the one that was used longest ago goes. */
const MOST = 10_000;
/** Milliseconds. */
const CHECK = 600_000;

/** For a host that names no store: bounded, in memory, for one process and until it ends. */
export function memoryStore(): Store {
  return new MemoryStore({ max: MOST, checkPeriod: CHECK });
}
