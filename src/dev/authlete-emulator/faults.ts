import type { ServerResponse } from 'node:http';
import { answer } from './oauth-error.js';

/**
 * What goes wrong until it is cleared. The named ones, in their order: our credential refused, the service locked, too many calls, an error inside
 * (authlete.md: 401, 403, 429, 500); no answer at all; an answer that is no JSON; a good one with an action of another time, without one, or
 * without its ticket; a connection that breaks. The last form is exactly the answer: `body` is sent as it is if it is text, else as JSON.
 */
export type Fault =
  | 'unauthorized'
  | 'forbidden'
  | 'too_many_requests'
  | 'internal_server_error'
  | 'timeout'
  | 'garbage'
  | 'unknown_action'
  | 'missing_action'
  | 'missing_ticket'
  | 'disconnect'
  | { status?: number; body: unknown };

type Outcome = { status: number; body: unknown } | 'hang' | 'cut';

/** What happens without processing. No source for the codes. */
const INSTEAD: Partial<Record<string, Outcome>> = {
  unauthorized: { status: 401, body: answered('The credential is wrong.') },
  forbidden: { status: 403, body: answered('The service is locked.') },
  too_many_requests: { status: 429, body: answered('Too many calls.') },
  internal_server_error: { status: 500, body: answered('Something broke.') },
  garbage: { status: 200, body: '<html>This is no JSON' },
  timeout: 'hang',
  disconnect: 'cut',
};

export function instead(fault: Fault | undefined): Outcome | undefined {
  if (typeof fault === 'string') return INSTEAD[fault];
  return fault && { status: fault.status ?? 200, body: fault.body };
}

/** What happens to an answer on its way out. */
export function spoilt(result: object, fault: Fault | undefined): object {
  if (fault === 'unknown_action') return { ...result, action: 'EMU_UNHEARD_OF' };
  const dropped = fault === 'missing_action' ? 'action' : fault === 'missing_ticket' ? 'ticket' : undefined;
  return dropped === undefined
    ? result
    : Object.fromEntries(Object.entries(result).filter(([name]) => name !== dropped));
}

function answered(message: string): object {
  const { resultCode, resultMessage } = answer('EMU-FAULT', message, '');
  return { resultCode, resultMessage };
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
