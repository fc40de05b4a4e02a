import type { Request } from 'express';
import { invalidRequest } from '../endpoint-error.js';
import { ENDPOINTS } from '../endpoints.js';
import type { Account } from './accounts.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { type Interaction, unguessable } from './browser-session.js';
import { changeSession, renewSession } from './change-session.js';
import { consent, loginOf, withdraw } from './login.js';

/** Of one browser at a time; the oldest gives way. */
const MOST = 5;

/** Characters of one request, as it is stored: it's kept for whoever likes to ask. */
const LARGEST = 8192;

/** Of the page; in another browser it leads nowhere. */
export const addressOfPage = (id: string): string => `${ENDPOINTS.interaction}?id=${id}`;

/** Gives the address at which this browser can go on. */
export async function begin(request: Request, asked: AuthorizationRequest): Promise<string> {
  if (JSON.stringify(asked).length > LARGEST) throw invalidRequest('The request asks for more than can be shown.');
  const id = unguessable();
  const prompted = asked.prompts.some(prompt => prompt === 'LOGIN' || prompt === 'SELECT_ACCOUNT');
  const login = prompted || asked.maxAge === 0 ? 'demanded' : 'if needed';
  return changeSession(request, session => {
    session.interactions = [...session.interactions, { id, request: asked, login } as const].slice(-MOST);
    return addressOfPage(id);
  });
}

export function find({ session, query }: Request): Interaction | undefined {
  return session.authorization?.interactions.find(({ id }) => id === query['id']);
}

/** Once: it's in the session no more when its ticket is used. */
export function take(request: Request, { agreed }: { agreed: boolean }): Promise<Interaction | undefined> {
  return changeSession(request, session => {
    const taken = session.interactions.find(({ id }) => id === request.query['id']);
    session.interactions = session.interactions.filter(other => other !== taken);
    if (taken && session.login) (agreed ? consent : withdraw)(session.login, taken.request);
    return taken;
  });
}

export function logIn(request: Request, account: Account): Promise<void> {
  return renewSession(request, ({ login, interactions }) => ({
    csrf: unguessable(),
    login: loginOf(account, login),
    interactions: interactions.map(one => (one.id === request.query['id'] ? { ...one, login: 'done' } : one)),
  }));
}

/** The person wants to be somebody else. */
export function demandLogin(request: Request): Promise<void> {
  return changeSession(request, session => {
    for (const one of session.interactions) if (one.id === request.query['id']) one.login = 'demanded';
  });
}
