import { All, Controller, Inject, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Dispatcher } from 'undici';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import { Events } from '../events.js';
import { frontendOf } from '../frontend.js';
import { OUTBOUND } from '../outbound.js';
import type { Session } from '../session/session-record.js';
import { SessionWatch } from '../session/session-watch.js';
import { sessionOf } from '../session/session.middleware.js';
import { Sessions } from '../session/session.js';
import { ClientTokens } from '../tokens/client-tokens.js';
import { ApiProxy } from './api-proxy.js';
import { type ApiRoute, targetOf } from './api-route.js';
import { ApiGuard } from './api.guard.js';
import { CallTokens } from './call-token.js';
import { refuseTooLarge, refuseTransferCodings, refuseTwoTypes } from './request-body.js';
import { checkMethod } from './route-rules.js';
import { refuseOtherUpgrades } from './websocket-handshake.js';
import { WebSockets } from './websockets.js';

@Controller()
@UseGuards(ApiGuard)
@UseFilters(ErrorFilter)
export class ApiProxyController {
  private readonly proxy: ApiProxy;

  constructor(
    @Inject(Sessions) sessions: Sessions,
    @Inject(Events) events: Events,
    @Inject(OUTBOUND) outbound: Dispatcher,
    @Inject(SessionWatch) watch: SessionWatch,
    @Inject(ClientTokens) clientTokens: ClientTokens,
    @Inject(WebSockets) webSockets: WebSockets,
  ) {
    const tokens = new CallTokens(sessions, clientTokens);
    this.proxy = new ApiProxy(tokens, events, outbound, watch, webSockets);
  }

  /** The checks in their order. None reads the body, and nothing is sent before all have passed. */
  @All('api{/*path}')
  async forward(@Req() request: Request, @Res() response: Response): Promise<void> {
    refuseServiceWorkers(request);
    refuseTransferCodings(request);
    refuseTwoTypes(request);
    const frontend = frontendOf(request);
    const target = targetOf(frontend, request.originalUrl);
    refuseOtherUpgrades(request, target.route);
    checkMethod(request.method, target.route.options);
    refuseTooLarge(request, target.route.options);
    const session = sessionFor(request, target.route);
    await this.proxy.forward({ request, response, frontend, target, session });
  }
}

/** An API's answer that became a service worker would see all of the app's traffic (Service Workers §7.1, “Service-Worker: script”; B25). */
function refuseServiceWorkers({ headers }: Request): void {
  if (headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker') {
    throw new BffError('service_worker_refused');
  }
}

/** The session that the call is made for; `undefined` where the route takes anonymous calls: then it makes no difference whether somebody is logged in. */
function sessionFor(request: Request, { options: { token, requireSession } }: ApiRoute): Session | undefined {
  if ((token === 'none' || token === 'client') && !requireSession) return undefined;
  const session = sessionOf(request);
  if (!session && !token.startsWith('user-or-')) throw new BffError('not_authenticated');
  return session;
}
