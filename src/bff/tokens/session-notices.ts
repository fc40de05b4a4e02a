import type { EndReason } from '../events.js';
import { StorageUnavailable, type Subscription } from '../storage/storage.js';
import type { TokenOwner } from './token-store.js';

/** What the processes tell each other of a session. It's a hint, never the truth: whoever hears it, or may have missed one, looks at the records. */
export type SessionNotice =
  /** Its tokens have been refreshed. */
  | { type: 'refreshed' }
  /** A refresh has come to nothing; the session goes on. */
  | { type: 'refresh_failed' }
  /** Its idle deadline, which was near, has moved. */
  | { type: 'slid' }
  | { type: 'ended'; reason: EndReason };

type Whose = Pick<TokenOwner, 'frontend' | 'key'>;

/** Never fails: what has been done stands in the records, whether anybody hears of it or not. */
export async function announce({ frontend, key }: Whose, notice: SessionNotice): Promise<void> {
  try {
    await frontend.records.storage.publish(channel(key), JSON.stringify(notice));
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
  }
}

/** `undefined`: notices may have been missed. Rejects with {@link StorageUnavailable}. */
export function listen(
  { frontend, key }: Whose,
  listener: (notice: SessionNotice | undefined) => void,
): Promise<Subscription> {
  return frontend.records.storage.subscribe(channel(key), {
    // only `announce` writes there
    received: notice => listener(JSON.parse(notice) as SessionNotice),
    missed: () => listener(undefined),
  });
}

const channel = (key: string) => `${key}:notices`;
