import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AuthleteError } from '../authlete-error.js';
import { EndpointError } from '../endpoint-error.js';
import { addressOf } from '../endpoints.js';
import { AuthleteEvents } from '../events.js';
import { HostFailure } from '../host-failure.js';
import { readOnForAWhile } from '../unread-body.js';
import { SessionGone } from './change-session.js';
import { explain, Explained, type ExplanationKind } from './explanation.js';

/** Whatever it was, a person gets a page. */
@Catch()
@Injectable()
export class InteractionFilter implements ExceptionFilter {
  constructor(@Inject(AuthleteEvents) private readonly events: AuthleteEvents) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const [request, response] = host.getArgs<[Request, Response]>();
    this.answer(thrown, request, response);
  }

  answer(thrown: unknown, request: Request, response: Response): void {
    const kind = kindOf(thrown);
    this.log(kind, thrown, addressOf(request));
    if (response.headersSent) {
      response.destroy();
      return;
    }
    readOnForAWhile(request);
    explain(response, kind, kind === 'malformed' && thrown instanceof EndpointError ? thrown.status : undefined);
  }

  private log(kind: ExplanationKind, thrown: unknown, endpoint: string): void {
    const ours = kind === 'unavailable' || kind === 'failed';
    if (!ours) this.events.record({ event: 'request_refused', level: 'info', endpoint, error: kind });
    else this.events.record({ ...failureOf(thrown), level: 'error', endpoint });
  }
}

function kindOf(thrown: unknown): ExplanationKind {
  if (thrown instanceof Explained) return thrown.kind;
  if (thrown instanceof SessionGone) return 'over';
  if (thrown instanceof EndpointError) return 'malformed';
  const passes = thrown instanceof HostFailure || (thrown instanceof AuthleteError && thrown.passes);
  return passes ? 'unavailable' : 'failed';
}

function failureOf(thrown: unknown) {
  if (thrown instanceof AuthleteError) {
    const { api, kind, status, resultCode, message } = thrown;
    return { event: 'authlete_failed', api, kind, status, resultCode, reason: message };
  }
  if (thrown instanceof HostFailure) return { event: 'request_failed', reason: thrown.reason };
  return {
    event: 'request_failed',
    reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
  };
}
