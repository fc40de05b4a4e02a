import { useCallback, useEffect, useMemo, useReducer } from 'react';
import { BffError, type Problem, callApi, problemOf, readSession } from './bff.js';
import { type Heard, watchSession } from './session-events.js';
import { type SessionState, nearestDeadline, next } from './session-state.js';

const POLL_MS = 30_000;
const RETRY_MS = 5_000;

/** When to look again: at the next deadline at the latest, so that its passing shows without a click. */
function pollDelay(state: SessionState): number | null {
  if (state.status === 'unreachable') return RETRY_MS;
  if (state.status !== 'authenticated') return null;
  const left = nearestDeadline(state.deadlines) - Date.now();
  // Past, and yet authenticated: this computer's clock is ahead of the BFF's.
  return left > 0 ? Math.min(left + 1_000, POLL_MS) : RETRY_MS;
}

export interface SessionView {
  state: SessionState;
  reread: () => Promise<void>;
  refused: (problem: Problem) => void;
  accepted: () => void;
  ended: (reason: string) => void;
  /** Moves the idle deadline, and says what stood in the way. */
  stay: () => Promise<Problem | null>;
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
      if (heard.type !== 'changed') dispatch(heard);
      if (heard.type === 'changed' || heard.type === 'expiring') void reread();
    });
  }, [isAuthenticated, reread]);

  const does = useMemo(
    () => ({
      refused: (problem: Problem) => dispatch({ type: 'refused', problem }),
      accepted: () => dispatch({ type: 'accepted' }),
      ended: (reason: string) => dispatch({ type: 'ended', reason }),
      stay: async () => {
        const problem = await callAnything();
        await reread();
        return problem;
      },
    }),
    [reread],
  );
  return { state, reread, ...does };
}

/** Any call to the API does, since none of them is marked as passive; what the API says to it doesn't matter. */
async function callAnything(): Promise<Problem | null> {
  try {
    const response = await callApi('/orders', { method: 'HEAD' });
    return response.ok ? null : await problemOf(response);
  } catch (error) {
    if (!(error instanceof BffError)) throw error;
    return error.problem;
  }
}

/** Another tab may have logged in or out; a page taken from the back-forward cache may be hours old. */
export function onReturn(returned: () => void): () => void {
  const visible = () => document.visibilityState === 'visible' && returned();
  const restored = (event: PageTransitionEvent) => event.persisted && returned();
  document.addEventListener('visibilitychange', visible);
  addEventListener('pageshow', restored);
  return () => {
    document.removeEventListener('visibilitychange', visible);
    removeEventListener('pageshow', restored);
  };
}
