import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { OPTIONS } from '../bff.module-definition.js';
import type { BffOptions } from '../bff.options.js';
import { clientAddressOf } from '../client-address.js';
import { BffError } from '../errors.js';
import { Events, type PushOutcome, referenceOf } from '../events.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import type { AuthorizationRequestUrl } from '../oauth-client/oauth-client.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { problemOf } from '../authorization-server-problem.js';
import { PushLimits } from './push-limits.js';
import { tokenBinding } from './token-binding.js';
import { startTransaction } from './transaction-cookies.js';

/** Sends an authorization request on its way: pushed within the limits, its transaction cookie set, the outcome logged and counted. */
@Injectable()
export class Pushes {
  /** Each frontend is a client of its own, perhaps at another server: one that is throttled keeps no other waiting. */
  private readonly limits = new WeakMap<Frontend, PushLimits>();

  constructor(
    @Inject(OPTIONS) private readonly options: BffOptions,
    @Inject(Events) private readonly events: Events,
  ) {}

  async send(
    request: Request,
    response: Response,
    { state, parameters, transaction }: AuthorizationRequest,
  ): Promise<AuthorizationRequestUrl> {
    const frontend = frontendOf(request);
    try {
      const sent = await this.limitsOf(frontend).run(clientAddressOf(request), () =>
        frontend.client.authorizationRequest(parameters, tokenBinding(frontend, transaction)),
      );
      startTransaction(request, response, frontend, state, transaction);
      this.report(request, frontend, sent);
      return sent;
    } catch (error) {
      throw this.refused(request, frontend, transaction.returnTo, error instanceof BffError ? error : failureOf(error));
    }
  }

  private report(request: Request, { name }: Frontend, sent: AuthorizationRequestUrl): void {
    const { par, expiresIn, attempts = 1 } = sent;
    if (par !== 'off') this.events.pushed(name, par === 'pushed' ? 'created' : par);
    if (attempts > 1) this.events.pushed(name, 'repeated');
    const at = { reference: referenceOf(request), frontend: name };
    this.events.record({
      event: 'login_started',
      par,
      ...(expiresIn !== undefined && { expiresIn }),
      ...(attempts > 1 && { attempts }),
      ...at,
    });
  }

  private limitsOf(frontend: Frontend): PushLimits {
    const limits = this.limits.get(frontend) ?? new PushLimits(this.options.limits);
    this.limits.set(frontend, limits);
    return limits;
  }

  private refused(
    request: Request,
    frontend: Frontend,
    returnTo: string,
    failure: AuthorizationServerFailure | BffError,
  ): BffError {
    const { name } = frontend;
    const { code, message: reason, retryAfter: wait } = failure instanceof BffError ? failure : problemOf(failure);
    // the page's “try again” leads to where this attempt would have led
    const refusal = new BffError(code, {
      reason,
      returnTo,
      cause: failure,
      ...(wait !== undefined && { retryAfter: wait }),
    });
    this.events.login(name, refusal.code);
    this.events.pushed(name, failure instanceof BffError ? 'rate_limited' : outcomeOf(failure));
    if (failure instanceof BffError) return refusal;
    const { outcome, status, error, errorDescription, retryAfter, message } = failure;
    if (status === 429) this.limitsOf(frontend).pause(retryAfter ?? 5);
    const at = { reference: referenceOf(request), frontend: name };
    if (outcome === 'invalid_client')
      this.events.record({ event: 'client_rejected', endpoint: 'par', status, error, errorDescription, ...at });
    this.events.record({
      event: 'push_failed',
      outcome: outcomeOf(failure),
      status,
      error: error ?? message,
      errorDescription,
      ...at,
    });
    return refusal;
  }
}

function outcomeOf({ outcome }: AuthorizationServerFailure): PushOutcome {
  return outcome === 'invalid_grant' ? 'refused' : outcome;
}
