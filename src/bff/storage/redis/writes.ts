import type { Argument, Connection } from './connection.js';
import type { Link } from './link.js';

/** Milliseconds that a write waits for a replica to have it as well. */
const LONGEST_WAIT = 500;
/** Milliseconds between two looks at how many replicas there are; and that nobody waits, after a replica didn't answer in time. */
const LOOK_EVERY = 5000;
const LONGEST_BATCH = 500;

interface Write {
  commands: Argument[][];
  resolve: (reply: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * The writes of one primary. Where it has replicas, a write is acknowledged when one of them has it (WAIT): so it outlives the primary. As
 * WAIT holds its connection up, what gathers meanwhile is written at once, with one WAIT for all; and reads have another connection.
 */
export class Writes {
  readonly #link: Link;
  readonly #unconfirmed: (writes: number) => void;
  #gathered: Write[] = [];
  #writing = false;
  #replicas = 0;
  #lookedAt = -Infinity;
  #waitsAgainAt = -Infinity;

  /** `unconfirmed`: so many were written, but no replica had them in time. */
  constructor(link: Link, unconfirmed: (writes: number) => void) {
    this.#link = link;
    this.#unconfirmed = unconfirmed;
  }

  /** The commands go together; resolves with the reply to the last one. */
  write(...commands: Argument[][]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ commands, resolve, reject });
      if (!this.#writing) void this.#writeGathered();
    });
  }

  /** How many replicas there are decides whether writes wait for one. */
  async look(connection: Connection): Promise<void> {
    this.#lookedAt = performance.now();
    this.#replicas = replicasIn(await connection.send(['ROLE']));
  }

  async #writeGathered(): Promise<void> {
    this.#writing = true;
    while (this.#gathered.length > 0) {
      const batch = this.#gathered.splice(0, LONGEST_BATCH);
      const written = this.#link.ready().then(
        connection => this.#writeBatch(connection, batch),
        error => batch.forEach(({ reject }) => reject(error)),
      );
      // without a WAIT nothing is held up
      if (this.#waits) await written;
    }
    this.#writing = false;
  }

  get #waits(): boolean {
    return this.#replicas > 0 && performance.now() >= this.#waitsAgainAt;
  }

  async #writeBatch(connection: Connection, batch: Write[]): Promise<void> {
    const outcomes = batch.map(write => outcomeOf(connection, write));
    try {
      const confirmed = await this.#isConfirmed(connection);
      for (const settle of await Promise.all(outcomes)) settle();
      if (!confirmed) this.#unconfirmed(batch.length);
    } catch (lost) {
      // the primary has gone before it said that a replica has them, and they may have gone with it; what it refused is done elsewhere
      for (const settle of await Promise.all(outcomes)) settle(lost);
    }
    if (performance.now() - this.#lookedAt > LOOK_EVERY) await this.look(connection).catch(() => undefined);
  }

  /** `false`: a replica that is slow, or stands still, doesn't keep users from logging in or out; but it's said. */
  async #isConfirmed(connection: Connection): Promise<boolean> {
    if (!this.#waits) return this.#replicas === 0;
    const replicas = await connection.send(['WAIT', '1', String(LONGEST_WAIT)]);
    if (Number(replicas) > 0) return true;
    this.#waitsAgainAt = performance.now() + LOOK_EVERY;
    this.#lookedAt = -Infinity;
    return false;
  }
}

/** Never rejects, so that no rejection is without a listener while a WAIT goes on. */
async function outcomeOf(connection: Connection, write: Write): Promise<(lost?: unknown) => void> {
  const { commands, resolve, reject } = write;
  try {
    const replies = await Promise.all(commands.map(command => connection.send(command)));
    return lost => (lost === undefined ? resolve(replies.at(-1)) : reject(lost));
  } catch (error) {
    return () => reject(error);
  }
}

/** `["master", offset, [[address, port, offset], …]]` */
function replicasIn(role: unknown): number {
  const [, , replicas]: unknown[] = Array.isArray(role) ? role : [];
  return Array.isArray(replicas) ? replicas.length : 0;
}
