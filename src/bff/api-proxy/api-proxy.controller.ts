import { All, Controller, Inject, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Dispatcher } from 'undici';
import { CsrfGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import { Events } from '../events.js';
import { frontendOf } from '../frontend.js';
import { OUTBOUND } from '../outbound.js';
import type { Session } from '../session/session-record.js';
import { SessionWatch } from '../session/session-watch.js';
import { sessionOf } from '../session/session.middleware.js';
import { Sessions } from '../session/session.js';
import { ApiProxy } from './api-proxy.js';
import { targetOf } from './api-route.js';
import { refuseTransferCodings } from './request-body.js';

@Controller()
@UseGuards(CsrfGuard)
@UseFilters(ErrorFilter)
export class ApiProxyController {
  private readonly proxy: ApiProxy;

  constructor(
    @Inject(Sessions) sessions: Sessions,
    @Inject(Events) events: Events,
    @Inject(OUTBOUND) outbound: Dispatcher,
    @Inject(SessionWatch) watch: SessionWatch,
  ) {
    this.proxy = new ApiProxy(sessions, events, outbound, watch);
  }

  /** The checks in their order. None reads the body, and nothing is sent before all have passed. */
  @All(['api', 'api/{*path}'])
  async forward(@Req() request: Request, @Res() response: Response): Promise<void> {
    refuseTunnels(request);
    refuseServiceWorkers(request);
    refuseTransferCodings(request);
    const target = targetOf(frontendOf(request), request.originalUrl);
    const session = livingSession(request);
    await this.proxy.forward({ request, response, target, session });
  }
}

/** TRACE would show a script the headers that it must not see (RFC 9110 §9.3.8); CONNECT asks for a tunnel. */
function refuseTunnels({ method }: Request): void {
  if (method !== 'TRACE' && method !== 'CONNECT') return;
  throw new BffError('method_not_allowed', { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' });
}

/** An API's answer that became a service worker would see all of the app's traffic (Service Workers §7.1, “Service-Worker: script”; B25). */
function refuseServiceWorkers({ headers }: Request): void {
  if (headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker') {
    throw new BffError('service_worker_refused');
  }
}

function livingSession(request: Request): Session {
  const session = sessionOf(request);
  if (!session) throw new BffError('not_authenticated');
  return session;
}
