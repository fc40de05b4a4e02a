import type { Request } from 'express';
import { BffError } from '../errors.js';
import { queryTextOf } from './request-parameters.js';

/** Bytes; a signed response with everything has three or four thousand. */
const LARGEST = 16 * 1024;
/** Milliseconds for the whole of it. */
const TIMEOUT = 10_000;

/** The form that an authorization server has the browser send (OAuth 2.0 Form Post Response Mode §2): each name once, and nothing in the query. */
export async function postedForm(request: Request): Promise<URLSearchParams> {
  if (queryTextOf(request) !== '') throw new BffError('invalid_request', { reason: 'a form and a query' });
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new BffError('invalid_request', { reason: 'no form' });
  const form = new URLSearchParams(await bodyOf(request));
  if (new Set(form.keys()).size !== form.size)
    throw new BffError('invalid_request', { reason: 'a field of the form comes twice' });
  return form;
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
