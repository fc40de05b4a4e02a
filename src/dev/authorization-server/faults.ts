import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { endpointAt, type BackChannelEndpoint, type Middleware } from './endpoints.js';

/**
 * `status`: answered so, without processing. `delayMs`: processed at once, answered late – a refresh has rotated its token before
 * anybody hears of it. `hang`: never answered. `cut`: the connection breaks inside the body; not processed.
 */
export type Fault =
  { status: number; body?: string; headers?: Record<string, string> } | { delayMs: number } | 'hang' | 'cut';

export function injectFaults(faults: ReadonlyMap<BackChannelEndpoint, Fault>): Middleware {
  return async (ctx, next) => {
    const endpoint = endpointAt(ctx.path);
    const fault = endpoint && faults.get(endpoint);
    if (!fault) {
      await next();
    } else if (typeof fault === 'string') {
      ctx.respond = false;
      ctx.req.resume();
      if (fault === 'cut') cutOff(ctx.res, endpoint);
    } else if ('delayMs' in fault) {
      await next();
      await delay(fault.delayMs, undefined, { ref: false });
    } else {
      ctx.req.resume();
      ctx.body = fault.body ?? '';
      ctx.status = fault.status;
      ctx.set(fault.headers ?? {});
    }
  };
}

function cutOff(res: ServerResponse, endpoint: BackChannelEndpoint): void {
  // The status of a success (RFC 9126 §2.2), so that a client gets as far as the body.
  res.writeHead(endpoint === 'par' ? 201 : 200, { 'content-type': 'application/json', 'content-length': '1000' });
  res.write('{"', () => res.destroy());
}
