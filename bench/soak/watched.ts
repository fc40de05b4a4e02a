import { setTimeout as delay } from 'node:timers/promises';

/** What a process has in it after a garbage collection: MiB, and how many of its files are open, sockets and others. */
export interface Inside {
  heap: number;
  rss: number;
  sockets: number;
  others: number;
}

export interface ProbeCommands {
  look(): Promise<Inside>;
}

/** Seconds. Idle connections are closed after a few. */
const QUIET = 8;
const PATIENCE = 60;

/** What is in it when nothing has changed for a while; whatever hasn't gone by the end of its patience is there for good. */
export async function settled(look: () => Promise<Inside>, quiet = QUIET): Promise<Inside> {
  const end = performance.now() + PATIENCE * 1000;
  let inside = await look();
  let since = performance.now();
  while (performance.now() - since < quiet * 1000 && performance.now() < end) {
    await delay(500);
    const now = await look();
    if (handles(now) !== handles(inside)) since = performance.now();
    inside = now;
  }
  return inside;
}

export function handles({ sockets, others }: Inside): string {
  return `${sockets} sockets, ${others} other files`;
}
