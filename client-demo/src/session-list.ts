import { useCallback, useEffect, useRef, useState } from 'react';
import { BffError, type ListedSession, type Problem, endOtherSessions, endSession, listSessions } from './bff.js';
import { type SessionView, onReturn } from './session.js';
import { browserInWords } from './user-agent.js';

/** Seconds, where nobody says it. */
const RETRY = 5;

/** `retryIn`: the list is asked for again after so many seconds, without anybody's doing. */
export interface Failure {
  problem: Problem;
  retryIn: number | null;
}

export type SessionList = ReturnType<typeof useSessionList>;

/**
 * Where the user is logged in, and the end of it: one click at a time. `said` is what came of the latest; `onGone` is called before what was
 * clicked on goes.
 */
export function useSessionList(session: SessionView, onGone: () => void) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const { sessions, failure, failed, list } = useListing(session);

  const attempt = async (work: () => Promise<string>, after: () => unknown): Promise<void> => {
    setBusy(true);
    setSaid('');
    const outcome = await outcomeOf(work);
    if ('problem' in outcome) failed({ problem: outcome.problem, retryIn: null });
    else {
      setSaid(outcome.value);
      await after();
    }
    setBusy(false);
  };
  const thisIsOver = () => session.ended('revoked');
  const othersAreOver = () => {
    onGone();
    return list();
  };
  return {
    sessions,
    failure,
    busy,
    said,
    refresh: () => attempt(() => Promise.resolve(''), list),
    end: (one: ListedSession) => attempt(() => end(one), one.current ? thisIsOver : othersAreOver),
    endOthers: () => attempt(endOthers, othersAreOver),
  };
}

/** The list, `null` until it's there: asked for when the page opens, whenever the user comes back to it, and again when it can't be had for the moment. */
function useListing({ refused, reread }: SessionView) {
  const [sessions, setSessions] = useState<ListedSession[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const turn = useRef(0);

  const failed = useCallback(
    ({ problem, retryIn }: Failure) => {
      setFailure({ problem, retryIn });
      if (problem.status !== 401) return;
      // not the list alone is over
      refused(problem);
      void reread();
    },
    [refused, reread],
  );
  const list = useCallback(async () => {
    const asked = ++turn.current;
    const outcome = await outcomeOf(listSessions);
    // a later question has the later answer
    if (asked !== turn.current) return;
    if ('problem' in outcome) return failed({ problem: outcome.problem, retryIn: secondsToRetry(outcome.problem) });
    setFailure(null);
    setSessions(outcome.value);
  }, [failed]);

  useEffect(() => void list(), [list]);
  useEffect(() => onReturn(() => void list()), [list]);
  useEffect(() => {
    if (failure === null || failure.retryIn === null) return undefined;
    const timer = setTimeout(() => void list(), failure.retryIn * 1_000);
    return () => clearTimeout(timer);
  }, [failure, list]);
  return { sessions, failure, failed, list };
}

async function end({ handle, userAgent }: ListedSession): Promise<string> {
  const which = browserInWords(userAgent);
  try {
    await endSession(handle);
    return `${which}: logged out.`;
  } catch (error) {
    // somebody else was faster
    if (error instanceof BffError && error.problem.status === 404) return `${which}: that session had ended already.`;
    throw error;
  }
}

async function endOthers(): Promise<string> {
  const ended = await endOtherSessions();
  return ended === 1 ? 'One other session has ended.' : `${ended} other sessions have ended.`;
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<{ value: T } | { problem: Problem }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof BffError)) throw error;
    return { problem: error.problem };
  }
}

/** A refusal stays one; what is out of order may work in a while. */
function secondsToRetry({ status, retryAfter }: Problem): number | null {
  return status === 503 || status === 0 ? (retryAfter ?? RETRY) : null;
}
