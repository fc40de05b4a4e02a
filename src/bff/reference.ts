import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RequestNote } from './request-note.js';

const references = new RequestNote<string>();

/** What a person reads out to an operator: it stands on the page, in the problem details and in the log. */
export function referenceOf(request: IncomingMessage): string {
  const known = references.get(request);
  if (known !== undefined) return known;
  const reference = randomBytes(6).toString('hex');
  references.set(request, reference);
  return reference;
}
