import type { Request } from 'express';
import { EndpointError } from '../endpoint-error.js';
import { askHost } from '../host-failure.js';
import { type BrowserSession, unguessable } from './browser-session.js';
import { Turns } from './turns.js';

/** It was there when the request came, and isn't any more: somebody has logged in in another tab. The browser knows the new one by now. */
export class SessionGone extends EndpointError {
  constructor() {
    super(503, 'temporarily_unavailable', 'Somebody has logged in in the meantime. Please try again.');
  }
}

const turns = new Turns();

/** As it is stored at this moment, changed and stored again: tabs that come at once lose nothing, and take nothing twice. */
export function changeSession<T>(request: Request, change: (session: BrowserSession) => T): Promise<T> {
  return inTurn(request, async current => {
    const result = change(current);
    await ended(end => request.session.save(end));
    return result;
  });
}

/** Under a new id: whoever knew the old one has no part in it. */
export function renewSession(request: Request, renew: (before: BrowserSession) => BrowserSession): Promise<void> {
  return inTurn(request, async before => {
    await ended(end => request.session.regenerate(end));
    request.session.authorization = renew(before);
    await ended(end => request.session.save(end));
  });
}

function inTurn<T>(request: Request, work: (current: BrowserSession) => Promise<T>): Promise<T> {
  return turns.take(request.sessionID, async () => {
    if (request.session.authorization) await reload(request);
    return work((request.session.authorization ??= { csrf: unguessable(), interactions: [] }));
  });
}

async function reload(request: Request): Promise<void> {
  try {
    await ended(end => request.session.reload(end));
  } catch {
    throw new SessionGone();
  }
}

function ended(start: (end: (error: unknown) => void) => void): Promise<void> {
  const done = () => new Promise<void>((resolve, reject) => start(error => (error ? reject(error) : resolve())));
  return askHost('session store', done);
}
