import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session, { type Store } from 'express-session';
import { AUTHLETE_OPTIONS, type AuthleteOptions, SESSION_STORE } from '../authlete.options.js';
import { HostFailure } from '../host-failure.js';
import { InteractionFilter } from './interaction.filter.js';

export const SESSION_COOKIE = '__Host-Http-authorization-session';

/** Lax, as browsers come here from the clients' sites. Without a lifetime it goes with the browser; a login that is too old is passed over. */
const COOKIE = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

/** Puts what is remembered of a browser into `request.session.authorization`. */
@Injectable()
export class SessionMiddleware implements NestMiddleware {
  private readonly session: RequestHandler;

  constructor(
    @Inject(AUTHLETE_OPTIONS) { cookieKeys: secret }: AuthleteOptions,
    @Inject(SESSION_STORE) store: Store,
    @Inject(InteractionFilter) private readonly errors: InteractionFilter,
  ) {
    const options = { secret, store, resave: false, saveUninitialized: false };
    this.session = session({ ...options, name: SESSION_COOKIE, cookie: COOKIE });
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const fail = (error: Error) => this.errors.answer(error, request, response);
    if (request.session !== undefined) return fail(new Error('another session middleware runs before AuthleteModule'));
    // the issuer is https, or on loopback, where browsers keep Secure cookies too; behind a TLS terminator the socket is plain
    Object.defineProperty(request, 'secure', { value: true });
    const lost = (cause: unknown) => fail(new HostFailure('The session store can’t be asked', { cause }));
    try {
      // while its store has no connection, express-session goes on without a session
      this.session(request, response, cause => (cause || request.session === undefined ? lost(cause) : next()));
    } catch (cause) {
      lost(cause);
    }
  }
}
