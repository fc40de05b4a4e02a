import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { BffError } from '../errors.js';
import { type Field, isNamed, merged } from './fields.js';

/**
 * Puts the API's status and the fields that pass onto our answer. What the middleware before us has set stays where the API says nothing of its own;
 * `Vary` and `Set-Cookie` add up. Throws `api_response_invalid` before anything is set.
 */
export function setHead(response: ServerResponse, status: number, fields: Field[]): void {
  if (status > 599) throw new BffError('api_response_invalid', { reason: `status ${status}` });
  fields.forEach(validate);
  response.statusCode = status;
  for (const [name, value] of fields) if (!isNamed([name, value], 'vary', 'set-cookie')) response.removeHeader(name);
  for (const field of fields) setField(response, field);
  // RFC 9110 §8.6
  if (status === 204) response.removeHeader('Content-Length');
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
    throw new BffError('api_response_invalid', { reason: 'a field that HTTP doesn’t allow', cause });
  }
}
