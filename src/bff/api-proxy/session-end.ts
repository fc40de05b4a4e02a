import type { Session } from '../session/session-record.js';
import type { SessionWatch } from '../session/session-watch.js';
import { SessionOver } from './api-failure.js';
import { type ApiAnswer, type ApiCall, isEventStream, passBody } from './forward.js';

/** Milliseconds of an answer after which its session is watched: a short one pays nothing for it. */
const WATCHED_AFTER = 1000;

/** Passes the body on for as long as the session lives: what is still under way when it ends is broken off within a second (L10). */
export async function passWhileSessionLives(
  call: ApiCall & { session: Session | undefined },
  answer: ApiAnswer,
  sessions: SessionWatch,
): Promise<void> {
  const { session } = call;
  if (!session) return passBody(call, answer);
  const passed = new AbortController();
  const begin = () => void breakOffAtEnd({ ...call, session }, sessions, passed.signal);
  const timer = setTimeout(begin, isEventStream(call.response) ? 0 : WATCHED_AFTER);
  try {
    await passBody(call, answer);
  } finally {
    clearTimeout(timer);
    passed.abort();
  }
}

async function breakOffAtEnd(
  { session, abort, response }: ApiCall & { session: Session },
  sessions: SessionWatch,
  passed: AbortSignal,
): Promise<void> {
  const breakOff = () => {
    abort.abort(new SessionOver());
    // the API may be through, and the browser slow to read
    response.destroy();
  };
  try {
    const leave = await sessions.watch(session, { lives: () => {}, ended: breakOff });
    if (passed.aborted) leave();
    else passed.addEventListener('abort', leave, { once: true });
  } catch {
    // nobody can say whether the session lives
    breakOff();
  }
}
