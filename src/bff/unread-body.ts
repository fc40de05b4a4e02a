import type { IncomingMessage, ServerResponse } from 'node:http';

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

/** Whoever answers may leave a body unread: an endpoint that takes none, a page, an API that has seen enough. */
export function limitUnread(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (coding !== undefined || length !== '0') response.once('finish', () => readOnForAWhile(request));
}
