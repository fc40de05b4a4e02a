import type { Request } from 'express';
import { BffError } from './errors.js';

/** Bytes; a signed response with everything has three or four thousand, and so has a logout token. */
const LARGEST = 16 * 1024;
/** Milliseconds for the whole of it. */
const TIMEOUT = 10_000;

/** The form that a request brings, and nothing else: `invalid_request`, or `request_too_large` from 16 kB on. */
export async function formBody(request: Request): Promise<URLSearchParams> {
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new BffError('invalid_request', { reason: 'no form' });
  return new URLSearchParams(await bodyOf(request));
}

/** What comes after the limit is left to whoever answers: breaking the loop of a stream would close the connection under that answer. */
function bodyOf(request: Request): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  const refuse = (code: 'request_too_large' | 'invalid_request', reason: string) =>
    reject(new BffError(code, { reason }));
  const read = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST) refuse('request_too_large', 'the form is too large');
  };
  const late = setTimeout(() => refuse('invalid_request', 'the form took too long'), TIMEOUT);
  request.on('data', read);
  request.once('end', () => resolve(Buffer.concat(chunks).toString()));
  request.once('close', () => refuse('invalid_request', 'the form broke off'));
  request.once('error', () => refuse('invalid_request', 'the form broke off'));
  // gone before anybody listened
  if (request.destroyed) refuse('invalid_request', 'the form broke off');
  return promise.finally(() => {
    clearTimeout(late);
    // reads on, and keeps nothing
    request.off('data', read).resume();
  });
}
