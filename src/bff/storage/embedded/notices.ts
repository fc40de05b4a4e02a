import type { NoticeListener, Subscription } from '../storage.js';
import type { Environment } from './environment.js';

/** Milliseconds between two looks at what the other processes have said; only while somebody listens. */
const LOOK_EVERY = 20;
/** Milliseconds that a notice is kept: who looks more rarely is told that some were missed. */
const KEPT = 60_000;

/** Notices between processes: LMDB has none, so they are numbered rows that every process reads on from where it was. */
export class Notices {
  readonly #environment: Environment;
  readonly #listeners = new Map<string, Set<NoticeListener>>();
  #timer: NodeJS.Timeout | undefined;
  /** The last number that was read. */
  #read = 0;
  /** The last number that this process has tried to take. */
  #tried = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async publish(channel: string, notice: string): Promise<void> {
    const { notices } = this.#environment;
    const row = Buffer.from(JSON.stringify([Date.now(), channel, notice] satisfies Row));
    for (;;) {
      const number = (this.#tried = Math.max(this.#tried, this.#last()) + 1);
      if (await notices.ifNoExists(number, () => void notices.put(number, row))) break;
    }
    if (this.#timer) this.#look();
  }

  subscribe(channel: string, listener: NoticeListener): Subscription {
    if (!this.#timer) this.#start();
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return { close: () => this.#leave(channel, listener) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#read = this.#last();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref();
  }

  #leave(channel: string, listener: NoticeListener): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(channel);
    if (this.#listeners.size === 0) this.stop();
  }

  /** What fails here fails for the callers as well, and is told there. */
  #look(): void {
    try {
      this.#environment.refresh();
      // all of them first: a listener may read something else, and lmdb has one snapshot at a time
      const rows = [...this.#environment.notices.getRange({ start: this.#read + 1 })];
      for (const { key: number, value } of rows) {
        if (number > this.#read + 1) this.#missed();
        this.#read = number;
        this.#pass(decode(value));
      }
    } catch {
      this.#missed();
    }
  }

  #pass([, channel, notice]: Row): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.received(notice);
  }

  #missed(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.missed();
  }

  #last(): number {
    this.#environment.refresh();
    const [last = 0] = this.#environment.notices.getKeys({ reverse: true, limit: 1 });
    return last;
  }
}

/** Removes what everybody has had the time to read, but the last: the numbers go on from it. */
export async function removeOldNotices({ notices }: Environment, limit: number): Promise<void> {
  const oldest = [...notices.getRange({ limit: limit + 1 })].slice(0, -1);
  const old = oldest.filter(({ value }) => decode(value)[0] < Date.now() - KEPT);
  await Promise.all(old.map(({ key }) => notices.remove(key)));
}

type Row = [at: number, channel: string, notice: string];

/** Nobody but `publish` writes here. */
function decode(row: Buffer): Row {
  return JSON.parse(row.toString()) as Row;
}
