import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { STATUS_CODES } from 'node:http';
import { breakOff } from './break-off.js';
import { BffError, type Problem, type ProblemCode, PROBLEMS } from './errors.js';
import { Events, referenceOf } from './events.js';
import { type Frontend, Frontends } from './frontend.js';
import { page } from './page.js';
import { setSecurityHeaders } from './security-headers.js';
import { StorageUnavailable } from './storage/storage.js';

/** The one place that decides what leaves when something failed: problem details (RFC 9457) to a script, a page to a person. */
@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(Events) private readonly events: Events,
    @Inject(Frontends) private readonly frontends: Frontends,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    const status = statusOfHost(thrown);
    if (status === undefined || response.headersSent) this.answer(thrown, request, response);
    else answerWith(status, response, this.frontends.known(request));
  }

  answer(thrown: unknown, request: Request, response: Response): void {
    const error = bffErrorOf(thrown);
    const frontend = this.frontends.known(request);
    this.log(error, request, frontend);
    if (response.headersSent) {
      // half an answer mustn't be taken for a whole one; one that is whole may still be on its way
      if (!response.writableEnded) breakOff(response);
      return;
    }
    setSecurityHeaders(response, frontend);
    const { status, retryAfter } = { ...problemOf(error.code), retryAfter: error.retryAfter };
    if (retryAfter !== undefined && retryAfter > 0) response.setHeader('Retry-After', retryAfter);
    if (error.allow !== undefined) response.setHeader('Allow', error.allow);
    response.status(status);
    if (wantsPage(request)) response.type('html').send(errorPage(error, request, frontend));
    else response.type('application/problem+json').send(JSON.stringify(problemDetails(error, request, frontend)));
  }

  private log(error: BffError, request: Request, frontend: Frontend | undefined): void {
    const at = { reference: referenceOf(request), ...(frontend && { frontend: frontend.name }) };
    const refusal = { code: error.code, method: request.method, path: pathOf(request), ...at };
    if (error.code === 'internal_error')
      this.events.record({ event: 'request_failed', ...refusal, reason: stackOf(error.cause) });
    else if (error.code === 'storage_unavailable')
      this.events.record({ event: 'request_failed', ...refusal, reason: error.message });
    else this.events.record({ event: 'request_refused', ...refusal });
  }
}

/** Nest's and Express's own refusals, by their status; everything unknown is our mistake. */
const BY_STATUS: Record<number, ProblemCode> = {
  400: 'invalid_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'request_too_large',
};

/** What a host's controller says on purpose, where our table has nothing for it. A 500 is no purpose. */
function statusOfHost(thrown: unknown): number | undefined {
  if (!(thrown instanceof HttpException) || thrown instanceof BffError) return undefined;
  const status = thrown.getStatus();
  return status in BY_STATUS || status === 500 ? undefined : status;
}

/** In the words of HTTP (RFC 9457 §4.2.1); the host's own may tell more than they should. */
function answerWith(status: number, response: Response, frontend: Frontend | undefined): void {
  setSecurityHeaders(response, frontend);
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status };
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

function bffErrorOf(thrown: unknown): BffError {
  if (thrown instanceof BffError) return thrown;
  if (thrown instanceof StorageUnavailable)
    return new BffError('storage_unavailable', { cause: thrown, reason: thrown.message });
  const code = BY_STATUS[statusOf(thrown) ?? 500];
  return code === undefined ? new BffError('internal_error', { cause: thrown }) : new BffError(code, { cause: thrown });
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  return thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number' ? thrown.status : undefined;
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function problemOf(code: ProblemCode): Problem {
  return PROBLEMS[code];
}

function wantsPage(request: Request): boolean {
  if (request.headers['x-csrf'] !== undefined) return false;
  return request.headers['sec-fetch-mode'] === 'navigate' || (request.headers.accept ?? '').includes('text/html');
}

function problemDetails(error: BffError, request: Request, frontend: Frontend | undefined) {
  const { status, title, detail } = problemOf(error.code);
  const login =
    status === 401 && frontend ? { ...stepUpOf(error), loginUrl: frontend.loginUrl({ ...error.stepUp }) } : {};
  return { type: 'about:blank', title, status, code: error.code, detail, reference: referenceOf(request), ...login };
}

function stepUpOf({ stepUp: { acr_values, max_age } = {} }: BffError) {
  return {
    ...(acr_values !== undefined && { acrValues: acr_values.split(' ') }),
    ...(max_age !== undefined && { maxAge: Number(max_age) }),
  };
}

function errorPage(error: BffError, request: Request, frontend: Frontend | undefined): string {
  const { title, detail } = problemOf(error.code);
  const next = frontend && nextStep(error, request, frontend);
  return page({ title, text: detail, reference: referenceOf(request), ...(next && { next }) });
}

/** As it was asked for; `null` there, whatever the types say, where a target has none (`http:///`). */
function pathOf(request: Request): string {
  const path: string | null = request.path;
  return path ?? '';
}

/** Whoever wanted to log in is led there; everybody else back to the app. */
function nextStep(error: BffError, request: Request, frontend: Frontend): { label: string; href: string } {
  const loggingIn = ['/login', '/callback'].some(endpoint => pathOf(request) === frontend.path(endpoint));
  if (!loggingIn && error.returnTo === undefined && error.getStatus() !== 401) {
    return { label: 'Back to the app', href: frontend.options.postLogoutPath };
  }
  return {
    label: error.retryAfter === undefined ? 'Log in again' : 'Try again',
    href: frontend.loginUrl({ ...error.stepUp, ...(error.returnTo !== undefined && { return_to: error.returnTo }) }),
  };
}
