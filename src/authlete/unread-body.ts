import type { IncomingMessage } from 'node:http';

/** Milliseconds. */
const PATIENCE = 5000;

/**
 * After an answer that came before the request's end. A connection that closes while bytes are under way is reset, and the answer may go with it
 * (RFC 9112 §9.6): so the rest is read and dropped, but not for as long as the client likes.
 */
export function readOnForAWhile(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  const impatient = setTimeout(() => request.complete || socket.destroy(), PATIENCE);
  impatient.unref();
  request.once('close', () => clearTimeout(impatient)).resume();
}
