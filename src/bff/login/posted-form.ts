import type { Request } from 'express';
import { BffError } from '../errors.js';
import { formBody } from '../form-body.js';
import { queryTextOf } from './request-parameters.js';

/** The form that an authorization server has the browser send (OAuth 2.0 Form Post Response Mode §2): each name once, and nothing in the query. */
export async function postedForm(request: Request): Promise<URLSearchParams> {
  if (queryTextOf(request) !== '') throw new BffError('invalid_request', { reason: 'a form and a query' });
  const form = await formBody(request);
  if (new Set(form.keys()).size !== form.size)
    throw new BffError('invalid_request', { reason: 'a field of the form comes twice' });
  return form;
}
