import type { Session } from '../session/session-record.js';
import type { SessionWatch } from '../session/session-watch.js';
import { SessionOver } from './api-failure.js';
import type { ApiAnswer } from './exchange.js';
import { type ApiCall, passBody } from './forward.js';

/** Milliseconds of an answer after which its session is watched: a short one pays nothing for it. */
const WATCHED_AFTER = 1000;

/** Passes the body on for as long as the session lives: what is still under way when it ends is broken off within a second (L10). */
export async function passWhileSessionLives(
  call: ApiCall & { session: Session | undefined },
  answer: ApiAnswer,
  isEventStream: boolean,
  sessions: SessionWatch,
): Promise<void> {
  const passing = passBody(call, answer, isEventStream);
  const { session } = call;
  if (!passing || !session) return passing;
  let isOver = false;
  let leave: (() => void) | undefined;
  const watch = async (): Promise<void> => {
    leave = await watched({ ...call, session }, sessions);
    if (isOver) leave();
  };
  const timer = setTimeout(() => void watch(), isEventStream ? 0 : WATCHED_AFTER);
  try {
    await passing;
  } finally {
    isOver = true;
    clearTimeout(timer);
    leave?.();
  }
}

async function watched(
  { session, abort, response }: ApiCall & { session: Session },
  sessions: SessionWatch,
): Promise<() => void> {
  const breakOff = (): void => {
    abort.abort(new SessionOver());
    // the API may be through, and the browser slow to read
    response.destroy();
  };
  try {
    return await sessions.watch(session, { lives: () => {}, ended: breakOff });
  } catch {
    // nobody can say whether the session lives
    breakOff();
    return () => {};
  }
}
