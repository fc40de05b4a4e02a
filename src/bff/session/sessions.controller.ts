import { Controller, Delete, Get, HttpCode, Inject, Param, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CsrfGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import { frontendOf } from '../frontend.js';
import { setSecurityHeaders } from '../security-headers.js';
import { dropSessionCookie } from './session-cookie.js';
import type { Session } from './session-record.js';
import { isoTime } from './session-view.js';
import { sessionOf } from './session.middleware.js';
import { Sessions } from './session.js';
import { UserSessions } from './user-sessions.js';

/** Where the user is logged in, and the end of it (ASVS 5.0, 7.5.2). */
@Controller('sessions')
@UseGuards(CsrfGuard)
@UseFilters(ErrorFilter)
export class SessionsController {
  constructor(
    @Inject(UserSessions) private readonly own: UserSessions,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Get()
  async list(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const current = currentSession(request, response);
    const sessions = await this.own.list(current);
    return { sessions: sessions.map(session => listed(session, current)) };
  }

  @Delete()
  @HttpCode(200)
  async endOthers(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return { ended: await this.own.endOthers(currentSession(request, response)) };
  }

  /** Another user's handle is as unknown as any. */
  @Delete(':handle')
  @HttpCode(204)
  async end(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('handle') handle: string,
  ): Promise<void> {
    const current = currentSession(request, response);
    const session = await this.own.find(current, handle);
    if (!session) throw new BffError('not_found');
    await this.sessions.endAndRevoke(session, 'revoked');
    if (session.key === current.key) dropSessionCookie(response, session.frontend);
  }
}

function currentSession(request: Request, response: Response): Session {
  const session = sessionOf(request);
  if (!session) throw new BffError('not_authenticated');
  setSecurityHeaders(response, frontendOf(request));
  return session;
}

function listed(session: Session, current: Session) {
  const { handle, startedAt, lastSeenAt, expiresAt, address, userAgent, key } = session;
  return {
    handle,
    startedAt: isoTime(startedAt),
    lastSeenAt: isoTime(lastSeenAt),
    expiresAt: isoTime(expiresAt),
    // a session that an older release started has neither
    address: address ?? null,
    userAgent: userAgent ?? null,
    current: key === current.key,
  };
}
