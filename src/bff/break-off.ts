import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Ends an answer that isn't whole so that nobody takes it for one (RFC 9112 §8). One in chunks or of a said length breaks off with its connection; what goes
 * to HTTP/1.0 ends with that (§6.3), so that a regular close would make it whole.
 */
export function breakOff(response: ServerResponse): void {
  const { socket, req } = response;
  if (req.httpVersion === '1.0' && socket && canReset(socket)) socket.resetAndDestroy();
  response.destroy();
}

/** Neither a pipe nor TLS, where node:net throws; TLS has an end of its own. */
function canReset(socket: Socket): boolean {
  return socket.remoteAddress !== undefined && !(socket instanceof TLSSocket);
}
