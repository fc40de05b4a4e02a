import { Controller, Get, Inject, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CsrfGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import type { EndReason } from '../events.js';
import { frontendOf } from '../frontend.js';
import { setSecurityHeaders } from '../security-headers.js';
import { EventStream } from './event-stream.js';
import { findObituary } from './obituary.js';
import { OpenStreams } from './open-streams.js';
import { sessionIdOf } from './session-cookie.js';
import { isTold, SessionEvents } from './session-events.js';
import type { Session } from './session-record.js';
import { SessionWatch } from './session-watch.js';
import { sessionOf } from './session.middleware.js';

/** What becomes of the session, told while it happens: read with `fetch`, since `EventSource` can't send the header. */
@Controller('session/events')
@UseGuards(CsrfGuard)
@UseFilters(ErrorFilter)
export class SessionEventsController {
  constructor(
    @Inject(SessionWatch) private readonly watch: SessionWatch,
    @Inject(OpenStreams) private readonly open: OpenStreams,
  ) {}

  @Get()
  async stream(@Req() request: Request, @Res() response: Response): Promise<void> {
    // Express answers HEAD by the GET handler
    if (request.method !== 'GET') throw new BffError('method_not_allowed', { allow: 'GET' });
    const session = sessionOf(request);
    const reason = session ? undefined : await reasonOfEnd(request);
    if (!session && !isTold(reason)) throw new BffError('not_authenticated');
    setSecurityHeaders(response, frontendOf(request));
    const stream = new EventStream(response);
    const events = new SessionEvents(stream, knownTime(request) ?? session?.refreshedAt ?? 0);
    if (session) await this.tell(session, response, stream, events);
    else events.ended(reason);
  }

  /** For as long as the client stays and the session lives. */
  private async tell(session: Session, response: Response, stream: EventStream, events: SessionEvents): Promise<void> {
    const close = this.open.add(session, stream);
    response.once('close', close);
    const leave = await this.watch.watch(session, events);
    if (response.closed) leave();
    else response.once('close', leave);
  }
}

/** The cookie of a session that has ended meanwhile may still be told why. */
async function reasonOfEnd(request: Request): Promise<EndReason | undefined> {
  const id = sessionIdOf(request, frontendOf(request));
  return id === undefined ? undefined : findObituary(frontendOf(request), id);
}

/** Until when a client that comes back has heard everything (WHATWG HTML §9.2.3): our own ids are milliseconds since the epoch. */
function knownTime({ headers }: Request): number | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
