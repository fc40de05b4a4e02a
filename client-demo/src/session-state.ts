import type { Problem, Session, SessionDeadlines, User } from './bff.js';

interface Person {
  user: User;
  deadlines: SessionDeadlines;
}

/** The session ends soon. `until`: by this computer's clock, which may not be the BFF's (milliseconds since the epoch). */
export interface Warning {
  expiresAt: string;
  until: number;
}

/** `ended` keeps the person, so that the page can stay as it was. `refusal` is a 401 that only a new login can answer. */
export type SessionState =
  | { status: 'checking' | 'anonymous' }
  | { status: 'unreachable'; problem: Problem }
  | ({ status: 'authenticated'; refusal: Problem | null; warning: Warning | null } & Person)
  | ({ status: 'ended'; refusal: Problem | null; reason?: string | undefined } & Person);

export type Happening =
  | { type: 'read'; session: Session }
  | { type: 'failed'; problem: Problem }
  | { type: 'refused'; problem: Problem }
  | { type: 'refreshed'; session: SessionDeadlines }
  | ({ type: 'expiring' } & Warning)
  | { type: 'ended'; reason: string }
  | { type: 'accepted' };

/** `sub` is the only claim that is always there. */
export function displayName(user: User): string {
  return user.name ?? user.preferred_username ?? user.sub;
}

/** Idle or absolute, whichever comes first; milliseconds since the epoch. */
export function nearestDeadline({ expiresAt, idleExpiresAt }: SessionDeadlines): number {
  return Math.min(Date.parse(expiresAt), Date.parse(idleExpiresAt));
}

export function next(state: SessionState, happening: Happening): SessionState {
  const known = state.status === 'authenticated' || state.status === 'ended' ? state : null;
  switch (happening.type) {
    case 'read':
      return afterRead(known, happening.session);
    case 'failed':
      // A server that is away for a moment has ended nothing.
      return known ?? { status: 'unreachable', problem: happening.problem };
    case 'refreshed':
      return state.status === 'authenticated' ? { ...state, ...withDeadlines(state, happening.session) } : state;
    case 'expiring': {
      const { expiresAt, until } = happening;
      return state.status === 'authenticated' ? { ...state, warning: { expiresAt, until } } : state;
    }
    case 'ended':
      return known === null ? state : { ...known, status: 'ended', reason: happening.reason };
    case 'refused':
    case 'accepted':
      return known === null ? state : { ...known, refusal: happening.type === 'refused' ? happening.problem : null };
  }
}

type Known = Extract<SessionState, Person> | null;

function afterRead(known: Known, answer: Session): SessionState {
  if (!answer.authenticated) return known ? { reason: undefined, ...known, status: 'ended' } : { status: 'anonymous' };
  const { user, session: deadlines } = answer;
  return { status: 'authenticated', user, ...withDeadlines(known, deadlines) };
}

/** What was said of the session's time holds on until that moves. */
function withDeadlines(known: Known, deadlines: SessionDeadlines) {
  const warning = known?.status === 'authenticated' ? known.warning : null;
  const isStillNear = warning !== null && nearestDeadline(deadlines) <= Date.parse(warning.expiresAt);
  const sameSession = known?.deadlines.expiresAt === deadlines.expiresAt;
  return { deadlines, refusal: sameSession ? known.refusal : null, warning: isStillNear ? warning : null };
}
