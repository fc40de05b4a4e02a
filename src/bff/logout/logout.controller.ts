import { Controller, Get, HttpCode, Inject, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CsrfGuard, NavigationGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { Events, referenceOf } from '../events.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { setSecurityHeaders } from '../security-headers.js';
import { seeOther } from '../see-other.js';
import { dropSessionCookie } from '../session/session-cookie.js';
import { sessionOf } from '../session/session.middleware.js';
import { Sessions } from '../session/session.js';
import {
  type EndSession,
  endSessionUrl,
  homeOf,
  prepareEndSession,
  returnedFromEndSession,
  takeEndSession,
} from './end-session.js';

/** The session ends here first, then its tokens, then the session at the authorization server. */
@Controller('logout')
@UseFilters(ErrorFilter)
export class LogoutController {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Events) private readonly events: Events,
  ) {}

  @Post()
  @HttpCode(200)
  @UseGuards(CsrfGuard)
  async logout(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ redirectUrl: string }> {
    const frontend = frontendOf(request);
    setSecurityHeaders(response, frontend);
    const session = sessionOf(request);
    const home = homeOf(request, frontend);
    if (!session) return { redirectUrl: home };
    const tokens = await this.sessions.endAndRevoke(session, 'logout');
    dropSessionCookie(response, frontend);
    const { subject } = session;
    const handle = await prepareEndSession(frontend, {
      subject,
      home,
      ...(tokens?.idToken !== undefined && { idToken: tokens.idToken }),
    });
    return { redirectUrl: frontend.path(`/logout/continue?${new URLSearchParams({ handle }).toString()}`) };
  }

  @Get('continue')
  @UseGuards(NavigationGuard)
  async continue(@Req() request: Request, @Res() response: Response): Promise<void> {
    const frontend = frontendOf(request);
    const { handle } = request.query;
    const ended = typeof handle === 'string' ? await takeEndSession(frontend, handle) : undefined;
    seeOther(
      response,
      frontend,
      ended ? await this.endSession(response, frontend, ended) : frontend.options.postLogoutPath,
    );
  }

  /** With or without a valid `state` (L5): there's nothing left that it could protect. */
  @Get('callback')
  @UseGuards(NavigationGuard)
  callback(@Req() request: Request, @Res() response: Response): void {
    const frontend = frontendOf(request);
    const home = returnedFromEndSession(request, response, frontend);
    if (home === undefined) {
      const at = { reference: referenceOf(request), frontend: frontend.name };
      this.events.record({
        event: 'callback_refused',
        reason: 'a return from a logout that this browser didn’t begin',
        ...at,
      });
    }
    seeOther(response, frontend, home ?? frontend.options.postLogoutPath);
  }

  /** A server that can't be reached keeps nobody from leaving. */
  private async endSession(response: Response, frontend: Frontend, ended: EndSession): Promise<string> {
    try {
      return (await endSessionUrl(response, frontend, ended)) ?? ended.home;
    } catch {
      // a failed discovery has been logged
      return ended.home;
    }
  }
}
