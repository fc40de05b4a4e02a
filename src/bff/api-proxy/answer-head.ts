import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { BffError } from '../errors.js';
import { type Field, flat, isNamed, merged } from './fields.js';

/**
 * Puts the API's status and the fields that pass onto our answer. What the middleware before us has set stays where the API says nothing of its own;
 * `Vary` and `Set-Cookie` add up. Throws `api_response_invalid` before anything is set.
 */
export function setHead(response: ServerResponse, status: number, fields: Field[]): void {
  if (status > 599) throw new BffError('api_response_invalid', { reason: `status ${status}` });
  // RFC 9110 §8.6
  const sent = status === 204 ? fields.filter(field => !isNamed(field, 'content-length')) : fields;
  if (response.getHeaderNames().length === 0 && !isBare(status)) writeHead(response, status, sent);
  else addToHead(response, status, sent);
}

/** Without a body: a head that can't be written would leave none to the answer that comes instead, so that its fields are looked at before. */
function isBare(status: number): boolean {
  return status === 204 || status === 304;
}

/** Nothing is set before, so that node:http takes the fields as they are, and looks at each. */
function writeHead(response: ServerResponse, status: number, fields: Field[]): void {
  try {
    response.writeHead(status, flat(fields));
  } catch (cause) {
    // node:http has set it already, and would say it of the answer that comes instead
    response.statusMessage = '';
    throw notAllowed(cause);
  }
}

function addToHead(response: ServerResponse, status: number, fields: Field[]): void {
  fields.forEach(validate);
  response.statusCode = status;
  if (status === 204) response.removeHeader('Content-Length');
  for (const field of fields) if (!isNamed(field, 'vary', 'set-cookie')) response.removeHeader(field[0]);
  for (const field of fields) setField(response, field);
}

function setField(response: ServerResponse, field: Field): void {
  const [name, value] = field;
  if (isNamed(field, 'vary')) response.setHeader(name, merged([String(response.getHeader(name) ?? ''), value]));
  else response.appendHeader(name, value);
}

function validate([name, value]: Field): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw notAllowed(cause);
  }
}

function notAllowed(cause: unknown): BffError {
  return new BffError('api_response_invalid', { reason: 'a field that HTTP doesn’t allow', cause });
}
