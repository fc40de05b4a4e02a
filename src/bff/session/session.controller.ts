import { Controller, Get, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CsrfGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { frontendOf } from '../frontend.js';
import { setSecurityHeaders } from '../security-headers.js';
import { sessionView } from './session-view.js';
import { sessionOf } from './session.middleware.js';

/** What the SPA knows of its session: who, and until when. Never a token. */
@Controller('session')
@UseGuards(CsrfGuard)
@UseFilters(ErrorFilter)
export class SessionController {
  @Get()
  show(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    setSecurityHeaders(response, frontendOf(request));
    const session = sessionOf(request);
    if (!session) return { authenticated: false };
    return { authenticated: true, user: session.user, session: sessionView(session) };
  }
}
