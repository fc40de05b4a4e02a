import type { Response } from 'express';
import type { Frontend } from './frontend.js';
import { setSecurityHeaders } from './security-headers.js';

/** `303` (RFC 9110 §15.4.4), without a body: Express's own `redirect` would write the address there once more, and an `id_token_hint` with it (L4). */
export function seeOther(response: Response, frontend: Frontend, location: string): void {
  setSecurityHeaders(response, frontend);
  response.location(location).status(303).end();
}
