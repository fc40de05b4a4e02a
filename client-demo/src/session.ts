import { useCallback, useEffect, useReducer } from 'react';
import { BffError, type Problem, type Session, type SessionDeadlines, type User, readSession } from './bff.js';
import { type Heard, watchSession } from './session-events.js';

interface Person {
  user: User;
  deadlines: SessionDeadlines;
}

/** `ended` keeps the person, so that the page can stay as it was. `refusal` is a 401 that only a new login can answer. */
export type SessionState =
  | { status: 'checking' | 'anonymous' }
  | { status: 'unreachable'; problem: Problem }
  | ({ status: 'authenticated'; refusal: Problem | null } & Person)
  | ({ status: 'ended'; refusal: Problem | null; reason?: string | undefined } & Person);

/** `sub` is the only claim that is always there. */
export function displayName(user: User): string {
  return user.name ?? user.preferred_username ?? user.sub;
}

type Happening =
  | { type: 'read'; session: Session }
  | { type: 'failed'; problem: Problem }
  | { type: 'refused'; problem: Problem }
  | { type: 'ended'; reason: string }
  | { type: 'accepted' };

function next(state: SessionState, happening: Happening): SessionState {
  const known = state.status === 'authenticated' || state.status === 'ended' ? state : null;
  if (happening.type === 'read') return afterRead(known, happening.session);
  if (happening.type === 'failed') {
    // A server that is away for a moment has ended nothing.
    return known ?? { status: 'unreachable', problem: happening.problem };
  }
  if (known === null) return state;
  if (happening.type === 'ended') return { ...known, status: 'ended', reason: happening.reason };
  return { ...known, refusal: happening.type === 'refused' ? happening.problem : null };
}

type Known = Extract<SessionState, Person> | null;

function afterRead(known: Known, answer: Session): SessionState {
  if (!answer.authenticated) return known ? { reason: undefined, ...known, status: 'ended' } : { status: 'anonymous' };
  const { user, session: deadlines } = answer;
  const sameSession = known?.deadlines.expiresAt === deadlines.expiresAt;
  return { status: 'authenticated', user, deadlines, refusal: sameSession ? known.refusal : null };
}

const POLL_MS = 30_000;
const RETRY_MS = 5_000;

/** When to look again: at the next deadline at the latest, so that its passing shows without a click. */
function pollDelay(state: SessionState): number | null {
  if (state.status === 'unreachable') return RETRY_MS;
  if (state.status !== 'authenticated') return null;
  const { expiresAt, idleExpiresAt } = state.deadlines;
  const left = Math.min(Date.parse(expiresAt), Date.parse(idleExpiresAt)) - Date.now();
  // Past, and yet authenticated: this computer's clock is ahead of the BFF's.
  return left > 0 ? Math.min(left + 1_000, POLL_MS) : RETRY_MS;
}

export interface SessionView {
  state: SessionState;
  reread: () => Promise<void>;
  refused: (problem: Problem) => void;
  accepted: () => void;
}

/** Reads the session when the page loads, then at intervals, and whenever the user comes back to the tab. */
export function useSession(): SessionView {
  const [state, dispatch] = useReducer(next, { status: 'checking' });
  const reread = useCallback(async () => {
    try {
      dispatch({ type: 'read', session: await readSession() });
    } catch (error) {
      if (!(error instanceof BffError)) throw error;
      dispatch({ type: 'failed', problem: error.problem });
    }
  }, []);

  useEffect(() => void reread(), [reread]);
  useEffect(() => {
    const delay = pollDelay(state);
    if (delay === null) return undefined;
    const timer = setTimeout(() => void reread(), delay);
    return () => clearTimeout(timer);
  }, [state, reread]);
  useEffect(() => onReturn(() => void reread()), [reread]);
  const isAuthenticated = state.status === 'authenticated';
  useEffect(() => {
    if (!isAuthenticated) return undefined;
    return watchSession((heard: Heard) => {
      if (heard.type === 'ended') dispatch(heard);
      else void reread();
    });
  }, [isAuthenticated, reread]);

  const refused = useCallback((problem: Problem) => dispatch({ type: 'refused', problem }), []);
  const accepted = useCallback(() => dispatch({ type: 'accepted' }), []);
  return { state, reread, refused, accepted };
}

/** Another tab may have logged in or out; a page taken from the back-forward cache may be hours old. */
function onReturn(returned: () => void): () => void {
  const visible = () => document.visibilityState === 'visible' && returned();
  const restored = (event: PageTransitionEvent) => event.persisted && returned();
  document.addEventListener('visibilitychange', visible);
  addEventListener('pageshow', restored);
  return () => {
    document.removeEventListener('visibilitychange', visible);
    removeEventListener('pageshow', restored);
  };
}
