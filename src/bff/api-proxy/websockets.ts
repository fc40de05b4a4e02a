import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BffError } from '../errors.js';
import { Events, referenceOf } from '../events.js';
import type { Frontend } from '../frontend.js';
import type { Session } from '../session/session-record.js';
import { SessionWatch } from '../session/session-watch.js';
import { upgradeOf } from '../upgrade.js';
import { BrowserGone } from './api-failure.js';
import type { ApiCall } from './forward.js';
import { GOING_AWAY, Tunnel } from './websocket-tunnel.js';

/** “Unauthorized” (https://www.iana.org/assignments/websocket): what a `401` is to a call. */
const UNAUTHORIZED = 3000;

interface WatchedCall extends ApiCall {
  readonly frontend: Frontend;
  /** `undefined`: the route is for everybody. */
  readonly session: Session | undefined;
}

/** The open WebSockets of this process. Each lives no longer than its session (L10), nor than the process. */
@Injectable()
export class WebSockets implements BeforeApplicationShutdown {
  private readonly open = new Set<Tunnel>();
  private isLeaving = false;

  constructor(
    @Inject(SessionWatch) private readonly sessions: SessionWatch,
    @Inject(Events) private readonly events: Events,
  ) {}

  /**
   * Its session is watched before anything passes; `sayYes` sends the head of the `101`. Throws what the browser is to be told instead; the API's
   * connection is closed then.
   */
  async join(call: WatchedCall, api: Duplex, sayYes: () => void): Promise<void> {
    const over = new AbortController();
    try {
      const { session } = call;
      const observer = { lives: () => {}, ended: () => over.abort() };
      if (session) leaveWith(call.response.socket, await this.sessions.watch(session, observer));
      if (over.signal.aborted) throw new BffError('session_ended');
      if (api.destroyed) throw new BffError('api_unreachable', { reason: 'closed after its 101' });
      if (call.abort.reason !== undefined) throw new BrowserGone();
      sayYes();
      call.response.flushHeaders();
    } catch (error) {
      api.destroy();
      throw error;
    }
    this.tunnel(call, api, over.signal);
  }

  /** Before the server waits for its connections to end. Pages come back, to another instance. */
  beforeApplicationShutdown(): void {
    this.isLeaving = true;
    for (const tunnel of this.open) tunnel.end(GOING_AWAY, '');
  }

  private tunnel(call: WatchedCall, api: Duplex, over: AbortSignal): void {
    const {
      request,
      session,
      target,
      frontend: { name: frontend },
    } = call;
    const at = { frontend, reference: referenceOf(request), route: target.route.name };
    const tunnel = new Tunnel(takenFrom(request), api);
    this.open.add(tunnel);
    this.events.webSocketsChanged(frontend, 1);
    if (this.isLeaving) tunnel.end(GOING_AWAY, '');
    tunnel.onceClosed(() => {
      this.open.delete(tunnel);
      this.events.webSocketsChanged(frontend, -1);
    });
    over.addEventListener('abort', () => {
      if (session) this.events.record({ event: 'web_socket_closed', ...at, session: session.handle });
      tunnel.end(UNAUTHORIZED, 'session_ended');
    });
  }
}

function takenFrom(request: IncomingMessage) {
  const upgrade = upgradeOf(request);
  if (!upgrade) throw new Error('a request without upgrade has been answered with 101');
  return upgrade.take();
}

function leaveWith(socket: Socket | null, leave: () => void): void {
  if (!socket || socket.destroyed) leave();
  else socket.once('close', leave);
}
