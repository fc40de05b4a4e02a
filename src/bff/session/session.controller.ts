import { Controller, Get, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answerJson } from '../answer-json.js';
import { CsrfGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { frontendOf } from '../frontend.js';
import { sessionView } from './session-view.js';
import { sessionOf } from './session.middleware.js';

/** What the SPA knows of its session: who, and until when. Never a token. */
@Controller('session')
@UseGuards(CsrfGuard)
@UseFilters(ErrorFilter)
export class SessionController {
  @Get()
  show(@Req() request: Request, @Res() response: Response): void {
    const session = sessionOf(request);
    const said = session && { user: session.user, session: sessionView(session) };
    answerJson(response, frontendOf(request), { authenticated: said !== undefined, ...said });
  }
}
