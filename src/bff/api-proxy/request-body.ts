import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { BffError } from '../errors.js';

/**
 * Node's parser has refused contradictory framing already (RFC 9112 §6.3). A further transfer coding is refused here: the body goes on in a framing of
 * its own, and nobody could read it then.
 */
export function refuseTransferCodings({ headers }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return;
  throw new BffError('invalid_request', { reason: 'transfer coding' });
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * The body as a stream of its own: undici destroys what it couldn't send to the end, and with the browser's request would go the connection that the
 * answer has to take. What the API didn't want is read and thrown away then, so that the browser gets to read that answer.
 */
export function bodyOf(request: IncomingMessage): PassThrough {
  const body = request.pipe(new PassThrough());
  body.once('close', () => request.resume());
  return body;
}
