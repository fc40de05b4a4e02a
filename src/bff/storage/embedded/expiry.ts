import type { Environment } from './environment.js';
import { IndexSets } from './index-sets.js';
import { removeOldNotices } from './notices.js';
import { Records } from './records.js';

/** Removes what has expired, the oldest first, at most `limit` entries. Returns how many entries were due. */
export async function sweep(environment: Environment, limit: number): Promise<number> {
  const tables = { records: new Records(environment), sets: new IndexSets(environment) };
  environment.refresh();
  const due = [...environment.expiry.getKeys({ start: [0], end: [Date.now() + 1], limit })];
  await Promise.all(
    due.map(async entry => {
      const [, kind, key] = entry;
      await tables[kind].removeExpired(key);
      // Left over when two processes wrote the key at once; otherwise it's gone already.
      await environment.expiry.remove(entry);
    }),
  );
  await removeOldNotices(environment, limit);
  return due.length;
}

/** Entries: a batch holds this process's event loop and everybody's writes for some milliseconds. */
const BATCH = 100;
/** In milliseconds; the pause between batches when there's more leaves the event loop and the other writers their turn. */
const PAUSE = 5000;
const PAUSE_BETWEEN_BATCHES = 20;

/** Sweeps at once and then every few seconds. The returned function stops it, and resolves when the last batch is through. */
export function startSweeping(environment: Environment): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let batch = Promise.resolve();
  let stopped = false;
  const again = (pause: number) => {
    if (stopped) return;
    timer = setTimeout(() => {
      batch = sweepOnce();
    }, pause).unref();
  };
  const sweepOnce = async () => {
    // A killed reader's snapshot keeps old pages from being used again.
    environment.root.readerCheck();
    // What fails here (a full disk) fails for the callers as well and is told there; the next turn tries again.
    const due = await sweep(environment, BATCH).catch(() => 0);
    again(due === BATCH ? PAUSE_BETWEEN_BATCHES : PAUSE);
  };
  again(0);
  return () => {
    stopped = true;
    clearTimeout(timer);
    return batch;
  };
}
