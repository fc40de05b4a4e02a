import { Controller, Get, Inject, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answerJson } from '../answer-json.js';
import { LoginGuard, wantsJson } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { frontendOf } from '../frontend.js';
import { seeOther } from '../see-other.js';
import { sessionOf } from '../session/session.middleware.js';
import { authorizationRequest } from './authorization-request.js';
import { Pushes } from './push.js';
import { readLoginRequest } from './request-parameters.js';

/** A login begins: the authorization request is built here, pushed, and the browser gets one URL. */
@Controller('login')
@UseGuards(LoginGuard)
@UseFilters(ErrorFilter)
export class LoginController {
  constructor(@Inject(Pushes) private readonly pushes: Pushes) {}

  @Get()
  async login(@Req() request: Request, @Res() response: Response): Promise<void> {
    const frontend = frontendOf(request);
    const asked = readLoginRequest(request, frontend);
    const { url, expiresIn } = await this.pushes.send(
      request,
      response,
      authorizationRequest(frontend, asked, sessionOf(request)),
    );
    if (!wantsJson(request)) return seeOther(response, frontend, url.href);
    answerJson(response, frontend, { redirectUrl: url.href, ...(expiresIn !== undefined && { expiresIn }) });
  }
}
