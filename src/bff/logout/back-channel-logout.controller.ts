import { Controller, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ErrorFilter } from '../error.filter.js';
import { BffError } from '../errors.js';
import { Events, referenceOf } from '../events.js';
import { formBody } from '../form-body.js';
import { type Frontend, frontendOf } from '../frontend.js';
import { AuthorizationServerFailure } from '../oauth-client/failure.js';
import { KEYS_PAUSE } from '../oauth-client/server-keys.js';
import { setSecurityHeaders } from '../security-headers.js';
import { LoggedOutSessions } from '../session/logged-out-sessions.js';
import { readOnForAWhile } from '../unread-body.js';
import { giveJtiBack, type LogoutToken, LogoutTokenRefused, takeJti, verifyLogoutToken } from './logout-token.js';

/** The authorization server says that somebody has been logged out there (OpenID Connect Back-Channel Logout 1.0). It has no cookie and no header: its signature counts. */
@Controller('backchannel-logout')
@UseFilters(ErrorFilter)
export class BackChannelLogoutController {
  constructor(
    @Inject(LoggedOutSessions) private readonly sessions: LoggedOutSessions,
    @Inject(Events) private readonly events: Events,
  ) {}

  @Post()
  async logout(@Req() request: Request, @Res() response: Response): Promise<void> {
    const frontend = frontendOf(request);
    const at = { reference: referenceOf(request), frontend: frontend.name };
    setSecurityHeaders(response, frontend);
    try {
      const token = await verifyLogoutToken(await logoutTokenIn(request), frontend);
      const sessions = await this.end(frontend, token);
      this.events.record({ event: 'backchannel_logout_completed', sessions, ...at });
      response.status(200).end();
    } catch (error) {
      if (error instanceof AuthorizationServerFailure) throw this.failed(error, at);
      if (!isRefusal(error)) throw error;
      this.events.record({ event: 'backchannel_logout_refused', reason: error.message, ...at });
      readOnForAWhile(request);
      // §2.8, RFC 6749 §5.2: and not a word more
      response.status(400).json({ error: 'invalid_request' });
    }
  }

  private async end(frontend: Frontend, token: LogoutToken): Promise<number> {
    if (!(await takeJti(frontend, token))) throw new LogoutTokenRefused('its jti has been used');
    try {
      return await this.sessions.end(frontend, token);
    } catch (error) {
      await giveJtiBack(frontend, token).catch(() => {});
      throw error;
    }
  }

  /** Not the 400 of §2.8: that would say that it's no use to come again, and a server that does come again (§2.5) does so for a failure that passes. */
  private failed({ message }: AuthorizationServerFailure, at: { reference: string; frontend: string }): BffError {
    this.events.record({ event: 'backchannel_logout_failed', reason: message, ...at });
    return new BffError('authorization_server_unavailable', { reason: message, retryAfter: KEYS_PAUSE });
  }
}

/** §2.5: a form with the logout token; whatever else stands there is left alone. */
async function logoutTokenIn(request: Request): Promise<string> {
  const [token, ...more] = (await formBody(request)).getAll('logout_token');
  if (token === undefined || more.length > 0) throw new LogoutTokenRefused('there isn’t one logout_token');
  return token;
}

function isRefusal(error: unknown): error is Error {
  return error instanceof LogoutTokenRefused || (error instanceof BffError && error.code === 'invalid_request');
}
