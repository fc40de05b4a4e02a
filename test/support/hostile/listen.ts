import { once } from 'node:events';
import type { Server } from 'node:net';

/**
 * Milliseconds for which an idle connection stays open. With Node's own five seconds a busy machine closes one in the moment in which a call is sent on it,
 * and a call that isn't idempotent fails then.
 */
export const KEEP_ALIVE = 600_000;

/** Listens on a free port of 127.0.0.1, or on the one given, and says which. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not a TCP server');
  return address.port;
}
