import { Controller, Get, Inject, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CallbackGuard } from '../csrf.guard.js';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import { Events, referenceOf } from '../events.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { seeOther } from '../see-other.js';
import { authorizationRequest } from './authorization-request.js';
import {
  type AuthorizationResponse,
  checkIssuer,
  readAuthorizationResponse,
  verifiedResponse,
} from './authorization-response.js';
import { exchangeCode, type Login, takeTransaction } from './code-exchange.js';
import { LoginEnd } from './login-end.js';
import { isDone, type LoginTransaction, openState } from './login-transaction.js';
import { Pushes } from './push.js';
import {
  type Attempt,
  dropCookie,
  dropUnreadable,
  findTransaction,
  markDone,
  onlyTransaction,
} from './transaction-cookies.js';

/** A login comes back. The answer is where the browser goes next. */
@Controller('callback')
@UseGuards(CallbackGuard)
@UseFilters(ErrorFilter)
export class CallbackController {
  constructor(
    @Inject(Pushes) private readonly pushes: Pushes,
    @Inject(LoginEnd) private readonly end: LoginEnd,
    @Inject(Events) private readonly events: Events,
  ) {}

  /** As a form, where the guard lets it be one. */
  @Post()
  posted(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.callback(request, response);
  }

  @Get()
  async callback(@Req() request: Request, @Res() response: Response): Promise<void> {
    const frontend = frontendOf(request);
    dropUnreadable(request, response, frontend);
    const { answer, attempt } = await this.matched(request, frontend);
    const next = await this.finish(request, response, answer, attempt);
    seeOther(response, frontend, next);
  }

  /** The answer and the attempt that it belongs to. What doesn't fit ends here, before the code is spent (A1, A2, A3) or anybody is asked anything (P12). */
  private async matched(
    request: Request,
    frontend: Frontend,
  ): Promise<{ answer: AuthorizationResponse; attempt: Attempt }> {
    try {
      const claimed = await readAuthorizationResponse(request, frontend);
      const attempt = attemptOf(request, frontend, claimed);
      if (isDone(attempt.content)) return { answer: claimed, attempt };
      const answer = await verifiedResponse(claimed, frontend);
      await checkIssuer(answer, frontend);
      return { answer, attempt };
    } catch (error) {
      if (error instanceof BffError) this.refused(request, frontend, error);
      throw error;
    }
  }

  private async finish(
    request: Request,
    response: Response,
    answer: AuthorizationResponse,
    { cookie, content }: Attempt,
  ): Promise<string> {
    const frontend = frontendOf(request);
    const { state } = answer;
    if (isDone(content)) return content.returnTo;
    if (answer.error !== undefined || state === undefined) {
      dropCookie(response, frontend, cookie);
      return this.failed(request, response, content, answer);
    }
    // somebody has the code already: this browser, a moment ago, or a copy of its cookie
    if (!(await takeTransaction(frontend, state, content))) return content.returnTo;
    let login: Login;
    try {
      login = await exchangeCode(frontend, answer.parameters, state, content, this.events);
    } catch (error) {
      dropCookie(response, frontend, cookie);
      return this.end.exchangeFailed(request, content, error);
    }
    const next = await this.end.succeeded(request, content, login);
    markDone(response, frontend, cookie, next);
    return next;
  }

  /** An expired request_uri is pushed anew, once; everything else goes back to the app with its code. */
  private async failed(
    request: Request,
    response: Response,
    transaction: LoginTransaction,
    answer: AuthorizationResponse,
  ): Promise<string> {
    if (answer.error !== 'invalid_request_uri' || transaction.retried)
      return this.end.failed(request, transaction, answer);
    const { returnTo, asked, replaces, subject } = transaction;
    const again = authorizationRequest(frontendOf(request), { returnTo, parameters: asked }, undefined);
    const kept = { ...(replaces !== undefined && { replaces }), ...(subject !== undefined && { subject }) };
    const { url } = await this.pushes.send(request, response, {
      ...again,
      transaction: { ...again.transaction, ...kept, retried: true },
    });
    return url.href;
  }

  private refused(request: Request, { name }: Frontend, { message, code }: BffError): void {
    this.events.record({ event: 'callback_refused', reason: message, reference: referenceOf(request), frontend: name });
    this.events.login(name, code);
  }
}

/** Servers that don't know what they lost can't say which attempt it was (RFC 9126 §4). Nothing restarts unless this browser has exactly one. */
function attemptOf(request: Request, frontend: Frontend, { state, error }: AuthorizationResponse): Attempt {
  const expired = state === undefined && error === 'invalid_request_uri';
  const attempt =
    state === undefined ? expired && onlyTransaction(request, frontend) : findTransaction(request, frontend, state);
  if (attempt) return attempt;
  const returnTo = state === undefined ? undefined : openState(frontend, state)?.returnTo;
  throw new BffError('login_transaction_missing', returnTo === undefined ? {} : { returnTo });
}
