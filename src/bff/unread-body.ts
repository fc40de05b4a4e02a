import type { IncomingMessage } from 'node:http';

/** Milliseconds. */
const LINGERING = 5000;

/**
 * For an answer that comes before its request's body: that body has to be read to its end, or the connection closed (RFC 9112 §9.3). A close at once
 * would reset what is still being sent, and the answer might go with it (§9.6); without any end a trickle would hold the connection as long as it likes.
 */
export function readOnForAWhile(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  const late = setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, LINGERING).unref();
  request.once('close', () => clearTimeout(late));
}
