import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AuthleteError } from './authlete-error.js';
import { EndpointError, failureOf } from './endpoint-error.js';
import { addressOf } from './endpoints.js';
import { AuthleteEvents } from './events.js';
import { HostFailure } from './host-failure.js';
import { readOnForAWhile } from './unread-body.js';

/** The one place that answers when an endpoint couldn't: OAuth's JSON (RFC 6749 §5.2), and the reason in the log alone. */
@Catch()
@Injectable()
export class EndpointErrorFilter implements ExceptionFilter {
  constructor(@Inject(AuthleteEvents) private readonly events: AuthleteEvents) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  answer(thrown: unknown, request: Request, response: Response): void {
    this.log(thrown, addressOf(request));
    if (response.headersSent) {
      // breaking off is the only honest end of an answer that is under way
      response.destroy();
      return;
    }
    sendError(failureOf(thrown), request, response);
  }

  private log(thrown: unknown, endpoint: string): void {
    if (thrown instanceof EndpointError) {
      this.events.record({ event: 'request_refused', level: 'info', endpoint, error: thrown.code });
    } else if (thrown instanceof AuthleteError) {
      const { api, kind, status, resultCode, message: reason } = thrown;
      this.events.record({ event: 'authlete_failed', level: 'error', endpoint, api, kind, status, resultCode, reason });
    } else if (thrown instanceof HostFailure) {
      this.events.record({ event: 'request_failed', level: 'error', endpoint, reason: thrown.reason });
    } else {
      const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      this.events.record({ event: 'request_failed', level: 'error', endpoint, reason });
    }
  }
}

export function sendError(error: EndpointError, request: Request, response: Response): void {
  const { status, code, description, headers } = error;
  readOnForAWhile(request);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.status(status).setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ error: code, error_description: description }));
}
