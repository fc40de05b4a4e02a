import type { IncomingMessage } from 'node:http';
import { clientAddressOf } from '../client-address.js';
import type { SessionRecord } from './session-record.js';

/** Characters of a browser's description of itself that are kept: the interesting ones come first. */
const LONGEST = 200;

/** Where a login comes from, for its user to recognise it by: as the client says it, so not to be relied upon. */
export function whereaboutsOf(request: IncomingMessage): Pick<SessionRecord, 'address' | 'userAgent'> {
  const userAgent = (request.headers['user-agent'] ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, LONGEST);
  return { address: clientAddressOf(request), ...(userAgent !== '' && { userAgent }) };
}
