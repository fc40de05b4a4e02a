import { BffError, type SessionEvent, sessionEvents } from './bff.js';
import type { Warning } from './session-state.js';

type Expiring = { type: 'expiring' } & Warning;

/** `changed`: nobody knows what has happened; read the session. */
export type Heard = Expiring | Exclude<SessionEvent, { type: 'expiring' }> | { type: 'changed' };

const NAME = 'parlour-session-events';
const COME_BACK_MS = 2_000;

/**
 * Hears of the session in every tab. One tab holds the event stream (Web Locks) and tells the others: a browser opens six HTTP/1.1 connections to a host,
 * and a stream in each tab would leave none to the seventh. When that tab goes, another one takes its place. The returned function stops it.
 */
export function watchSession(heard: (what: Heard) => void): () => void {
  const left = new AbortController();
  const others = new BroadcastChannel(NAME);
  let told: Heard | undefined;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel never leaves its origin, and takes none
  const post = (what: Heard | { type: 'asked' }) => others.postMessage(what);
  others.addEventListener('message', ({ data }: MessageEvent<Heard | { type: 'asked' }>) => {
    if (data.type !== 'asked') heard(data);
    else if (told?.type === 'expiring') post(told);
  });
  const tell = (what: Heard) => {
    told = what;
    post(what);
    heard(what);
  };
  // The warning is given once, and this tab may be younger.
  post({ type: 'asked' });
  navigator.locks
    .request(NAME, { signal: left.signal }, () => holdStream(tell, left.signal))
    .catch((error: unknown) => {
      if (!left.signal.aborted) throw error;
    });
  return () => {
    left.abort();
    others.close();
  };
}

async function holdStream(tell: (what: Heard) => void, signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      for await (const { id, event } of sessionEvents(signal, last)) {
        last = id ?? last;
        tell(event.type === 'expiring' ? byOurClock(event) : event);
        if (event.type === 'ended') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof BffError && error.problem.status === 401) return tell({ type: 'changed' });
    }
    await new Promise(resolve => setTimeout(resolve, COME_BACK_MS));
    if (!signal.aborted) tell({ type: 'changed' });
  }
}

/** The seconds that are left are right at this moment only: a tab that hears of them late, or that slept, has the time instead. */
function byOurClock({ secondsLeft, expiresAt }: Extract<SessionEvent, { type: 'expiring' }>): Expiring {
  return { type: 'expiring', expiresAt, until: Date.now() + secondsLeft * 1_000 };
}
