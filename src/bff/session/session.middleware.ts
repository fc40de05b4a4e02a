import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import { isActivity } from '../csrf.guard.js';
import { ENDPOINTS } from '../endpoints.js';
import { ErrorFilter } from '../error.filter.js';
import { Events, referenceOf } from '../events.js';
import { type Frontend, frontendOf, Frontends } from '../frontend.js';
import { RequestNote } from '../request-note.js';
import { isSlideDue } from './deadlines.js';
import { dropSessionCookie, isForged, sessionCookie, sessionIdOf } from './session-cookie.js';
import type { Session } from './session-record.js';
import { AttachedSession, SessionStore } from './session-store.js';
import { Sessions } from './session.js';
import { whereaboutsOf } from './whereabouts.js';

/** Those of requests that express-session doesn't see. */
const found = new RequestNote<Session>();

/** The request's living session. */
export function sessionOf(request: Request): Session | undefined {
  return found.get(request) ?? request.session?.bff?.session;
}

/** express-session steps aside for whatever is in `req.session`, and no login would ever be stored. */
const FOREIGN_SESSION =
  'another session middleware runs before BffModule: take the line app.use(session(…)) out, and keep your data in the req.session that BffModule provides';

/** Puts the session of the request's frontend into `req.session`, by express-session over our store, and slides its idle deadline. */
@Injectable()
export class SessionMiddleware implements NestMiddleware {
  private readonly middlewares: Map<Frontend, RequestHandler>;

  constructor(
    @Inject(Frontends) frontends: Frontends,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(ErrorFilter) private readonly errors: ErrorFilter,
    @Inject(Events) private readonly events: Events,
  ) {
    this.middlewares = new Map(frontends.all.map(frontend => [frontend, expressSession(frontend, sessions)]));
  }

  use(request: Request, response: Response, next: NextFunction): void {
    if (request.session !== undefined) {
      this.errors.answer(new Error(FOREIGN_SESSION), request, response);
      return;
    }
    const frontend = frontendOf(request);
    const fail = (failure: unknown) => this.errors.answer(failure, request, response);
    const goOn = (settled: Promise<void>) => void settled.then(() => next(), fail);
    if (isAnsweredHere(pathOf(request), frontend)) {
      goOn(this.find(request, response, frontend));
      return;
    }
    this.middlewares.get(frontend)?.(request, response, (error?: unknown) => {
      if (error) fail(error);
      else goOn(this.settle(request, response, frontend));
    });
  }

  private async find(request: Request, response: Response, frontend: Frontend): Promise<void> {
    const id = sessionIdOf(request, frontend);
    const living = id === undefined ? undefined : await this.sessions.find(frontend, id);
    if (living) found.set(request, living);
    await this.settle(request, response, frontend);
  }

  private async settle(request: Request, response: Response, frontend: Frontend): Promise<void> {
    if (!sessionOf(request) && isForged(request, frontend)) this.dropCookie(request, response, frontend);
    const current = sessionOf(request);
    if (current && isSlideDue(current)) await this.slide(request, current);
  }

  /** A poll isn't a person: it says so with `X-Session-Passive: 1`, and what asks about sessions never slides. */
  private async slide(request: Request, current: Session): Promise<void> {
    if (request.headers['x-session-passive'] === '1' || isPoll(request, current.frontend)) return;
    if (isActivity(request, current.frontend)) await this.sessions.slide(current);
  }

  /** A signature under a key that has gone looks like a forged one: the operator should hear of it (R8), once, since the cookie goes. */
  private dropCookie(request: Request, response: Response, frontend: Frontend): void {
    const reference = referenceOf(request);
    this.events.unknownKey({ frontend: frontend.name, purpose: 'session signature', reference });
    dropSessionCookie(response, frontend);
  }
}

/**
 * What an API or the BFF itself answers is no handler of a host's, that could want `req.session`: the session is looked up, and nothing is saved after the
 * answer. At `/callback` express-session makes a new id.
 */
function isAnsweredHere(path: string, frontend: Frontend): boolean {
  if (frontend.isProxied(path)) return true;
  const endpoint = path.slice(frontend.pathPrefix.length);
  return endpoint !== '/callback' && Object.hasOwn(ENDPOINTS, endpoint) && path === frontend.path(endpoint);
}

function pathOf({ originalUrl }: Request): string {
  const query = originalUrl.indexOf('?');
  return query < 0 ? originalUrl : originalUrl.slice(0, query);
}

const POLLED = ['/session', '/session/events', '/sessions'];

/** As Express matches it: in any case, with or without a slash at the end. A middleware's `path` is what its own route leaves. */
function isPoll({ method, baseUrl, path }: Request, frontend: Frontend): boolean {
  const asked = (baseUrl + path).replace(/\/$/, '').toLowerCase();
  return /^(GET|HEAD)$/.test(method) && POLLED.some(each => frontend.path(each).toLowerCase() === asked);
}

/** Starts the session of a finished login under a new id (B21), which is the only way that a session begins. */
export async function startSession(
  request: Request,
  sessions: Sessions,
  frontend: Frontend,
  ...login: Parameters<Sessions['start']> extends [unknown, unknown, ...infer Rest] ? Rest : never
): Promise<Session> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate((error: unknown) => (error ? reject(error) : resolve()));
  });
  try {
    const [tokens, record, issuedAt] = login;
    const whole = { ...record, ...whereaboutsOf(request) };
    const started = await sessions.start(frontend, request.sessionID, tokens, whole, issuedAt);
    request.session.bff = new AttachedSession(started);
    return started;
  } catch (error) {
    // the id has changed: express-session would send it, for a session that there isn't
    Reflect.deleteProperty(request, 'session');
    throw error;
  }
}

function expressSession(frontend: Frontend, sessions: Sessions): RequestHandler {
  return session({
    name: frontend.cookies.session,
    secret: frontend.keys.secrets('session signature').map(key => key.toString('base64url')),
    cookie: sessionCookie(frontend),
    store: new SessionStore(frontend, sessions),
    resave: false,
    saveUninitialized: false,
    rolling: false,
  });
}
