import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { LoginError } from '../errors.js';
import { Events, referenceOf } from '../events.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { failureOf } from '../oauth-client/failure.js';
import { LoggedOutMeanwhile } from '../session/tombstone.js';
import { sessionOf, startSession } from '../session/session.middleware.js';
import { Sessions } from '../session/session.js';
import { revokeTokens } from '../tokens/revocation.js';
import { hashOfSubject } from './authorization-request.js';
import { type AuthorizationResponse, loginErrorOf } from './authorization-response.js';
import type { Login } from './code-exchange.js';
import { missingScopes } from './granted-scope.js';
import type { LoginTransaction } from './login-transaction.js';
import { withLoginError } from './return-to.js';

/** How a login ends: with a session, or with a `login_error`. Each gives the address to go on to. */
@Injectable()
export class LoginEnd {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Events) private readonly events: Events,
  ) {}

  /** A new session under a new id; the one that it replaces has ended, whether its cookie came along or not (B21). */
  async succeeded(request: Request, transaction: LoginTransaction, login: Login): Promise<string> {
    const frontend = frontendOf(request);
    const otherUser = transaction.subject !== undefined && transaction.subject !== hashOfSubject(login.subject);
    try {
      await this.endReplaced(request, frontend, transaction, login, otherUser);
      if (!otherUser) await this.start(request, frontend, login);
    } catch (error) {
      // tokens that no session could be made of are nobody's
      await revokeTokens({ frontend, handle: 'none' }, login.tokens, this.events);
      if (!(error instanceof LoggedOutMeanwhile)) throw error;
      const reason = 'the authorization server has ended it already';
      return this.back(request, transaction, 'login_failed', { reason });
    }
    if (otherUser) {
      // the tokens belong to nobody here (B23)
      await revokeTokens({ frontend, handle: 'none' }, login.tokens, this.events);
      return this.back(request, transaction, 'different_user', { reason: 'another sub came back' });
    }
    this.reportScope(request, frontend, login);
    return transaction.returnTo;
  }

  private async start(request: Request, frontend: Frontend, login: Login): Promise<void> {
    const { tokens, subject, sid, issuedAt, user } = login;
    const record = { subject, user, ...(sid !== undefined && { sid }) };
    await startSession(request, this.sessions, frontend, tokens, record, issuedAt);
  }

  /** The login stands: what the token isn't good for, an API will say. */
  private reportScope(request: Request, { name, options }: Frontend, { tokens }: Login): void {
    const missing = missingScopes(options.scope, tokens.scope);
    if (missing.length === 0) return;
    this.events.record({ event: 'scope_reduced', missing, reference: referenceOf(request), frontend: name });
  }

  failed(
    request: Request,
    transaction: LoginTransaction,
    { error = '', errorDescription }: AuthorizationResponse,
  ): string {
    const reason = 'the authorization server answered with an error';
    return this.back(request, transaction, loginErrorOf(error), { reason, error, errorDescription });
  }

  exchangeFailed(request: Request, transaction: LoginTransaction, thrown: unknown): string {
    const failure = failureOf(thrown);
    const { outcome, status, error, errorDescription, message } = failure;
    if (outcome === 'invalid_client') {
      const at = { frontend: frontendOf(request).name, reference: referenceOf(request) };
      this.events.record({ event: 'client_rejected', endpoint: 'token', status, error, errorDescription, ...at });
    }
    return this.back(request, transaction, outcome === 'unavailable' ? 'temporarily_unavailable' : 'login_failed', {
      reason: message,
      error,
      errorDescription,
    });
  }
  /**
   * What the attempt was started from, and what its cookie says when it did come along. A session of the same user at the same `sid` isn't revoked: the
   * new tokens may belong to the same grant (L3).
   */
  private async endReplaced(
    request: Request,
    frontend: Frontend,
    { replaces }: LoginTransaction,
    login: Login,
    otherUser: boolean,
  ): Promise<void> {
    const started = replaces === undefined ? undefined : await this.sessions.read(frontend, replaces);
    const carried = sessionOf(request);
    for (const session of new Map([started, carried].flatMap(one => (one ? [[one.key, one]] : []))).values()) {
      const sameGrant = session.subject === login.subject && session.sid === login.sid;
      const reason = otherUser ? 'different_user' : 'replaced';
      await (sameGrant ? this.sessions.end(session, reason) : this.sessions.endAndRevoke(session, reason));
    }
  }

  private back(
    request: Request,
    { returnTo }: LoginTransaction,
    loginError: LoginError,
    why: { reason: string; error?: string | undefined; errorDescription?: string | undefined },
  ): string {
    const frontend = frontendOf(request);
    this.events.record({
      event: 'login_failed',
      loginError,
      ...why,
      reference: referenceOf(request),
      frontend: frontend.name,
    });
    this.events.login(frontend.name, loginError);
    return withLoginError(returnTo, loginError, frontend);
  }
}
