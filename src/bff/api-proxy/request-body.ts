import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BffError } from '../errors.js';
import { BrowserGone } from './api-failure.js';

/** Bytes of the largest body that is kept. */
const LARGEST_KEPT = 64 * 1024;

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

/** A body that says to be small, whole, for a call that may have to be made again. Any other is `undefined` and goes on as it comes. */
export async function smallBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length === 0 || length > LARGEST_KEPT) return undefined;
  try {
    return await buffer(request);
  } catch {
    throw new BrowserGone();
  }
}

/**
 * The body as a stream of its own: undici destroys what it couldn't send to the end, and with the browser's request would go the connection that the
 * answer has to take. What the API didn't want is read and thrown away then, so that the browser gets to read that answer.
 */
export function bodyOf(request: IncomingMessage, kept: Buffer | undefined): PassThrough {
  if (kept) return new PassThrough().end(kept);
  const body = request.pipe(new PassThrough());
  body.once('close', () => request.resume());
  return body;
}
