import { Inject, Injectable } from '@nestjs/common';
import { type AuthleteAnswer, AuthleteApi } from '../authlete-api.js';
import { AuthleteEvents } from '../events.js';
import type { AuthorizationRequest } from './authorization-request.js';
import type { Unmet } from './login.js';
import type { SignedIn } from './people.js';

/** The reasons of AuthorizationFailRequest that there are here; the API makes an OAuth error of each. */
export type FailReason = Unmet | 'CONSENT_REQUIRED' | 'DENIED';

/** What Authlete wants the browser to be told in the end. */
export interface AuthorizationEnd {
  api: 'auth/authorization/issue' | 'auth/authorization/fail';
  result: AuthleteAnswer;
}

/** How an authorization request ends: each spends the ticket. Throws `AuthleteError`. */
@Injectable()
export class AuthorizationEnds {
  constructor(
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(AuthleteEvents) private readonly events: AuthleteEvents,
  ) {}

  /** Authlete API v3, auth/authorization/issue: `claims` is JSON in a text, and holds what was asked for. */
  issue({ ticket, claims }: AuthorizationRequest, { login, account }: SignedIn): Promise<AuthorizationEnd> {
    const { subject, authTime, acr } = login;
    const known = Object.entries(account.claims).filter(([name]) => claims.includes(name));
    const given = known.length > 0 ? { claims: JSON.stringify(Object.fromEntries(known)) } : {};
    return this.end('auth/authorization/issue', { ticket, subject, authTime, acr, ...given }, 'ISSUED');
  }

  fail({ ticket }: AuthorizationRequest, reason: FailReason): Promise<AuthorizationEnd> {
    return this.end('auth/authorization/fail', { ticket, reason }, reason);
  }

  private async end(api: AuthorizationEnd['api'], body: object, outcome: string): Promise<AuthorizationEnd> {
    const result = await this.api.call(api, { ...body });
    this.events.record({ event: 'interaction_ended', level: 'info', outcome, action: result.action });
    return { api, result };
  }
}
