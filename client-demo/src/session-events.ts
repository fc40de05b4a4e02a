import { BffError, type SessionEvent, sessionEvents } from './bff.js';

/** `changed`: nobody knows what has happened; read the session. */
export type Heard = SessionEvent | { type: 'changed' };

const NAME = 'parlour-session-events';
const COME_BACK_MS = 2_000;

/**
 * Hears of the session in every tab. One tab holds the event stream (Web Locks) and tells the others: a browser opens six HTTP/1.1 connections to a host,
 * and a stream in each tab would leave none to the seventh. When that tab goes, another one takes its place. The returned function stops it.
 */
export function watchSession(heard: (what: Heard) => void): () => void {
  const left = new AbortController();
  const others = new BroadcastChannel(NAME);
  others.addEventListener('message', ({ data }: MessageEvent<Heard>) => heard(data));
  const tell = (what: Heard) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel never leaves its origin, and takes none
    others.postMessage(what);
    heard(what);
  };
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
        tell(event);
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
