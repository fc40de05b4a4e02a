import { ErrorReply } from '@redis/client';
import type { Argument, Connection } from './connection.js';
import type { Primary } from './primary.js';
import type { Script } from './scripts.js';
import type { Topology } from './topology.js';
import { codeOf, ConnectionLost, serverIn } from './unavailable.js';

/** A slot that moves, or a failover, needs one or two; more would be a ring. */
const MOST_REDIRECTS = 5;

/** Commands about one key, sent to the server that has it. */
export class Commands {
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  /**
   * Replies to commands that follow each other on one connection, texts in them as bytes. Asked once more if the connection breaks: reading
   * twice does no harm.
   */
  async read(key: string, ...commands: Argument[][]): Promise<{ replies: unknown[]; connection: Connection }> {
    const read = () => this.#routed(key, (primary, asking) => readAt(primary, asking, commands));
    return read().catch((error: unknown) =>
      error instanceof ConnectionLost && !error.isSilence ? read() : Promise.reject(error),
    );
  }

  /** Never sent a second time when it may have been done. */
  write(key: string, command: Argument[]): Promise<unknown> {
    return this.#routed(key, (primary, asking) => primary.write(...(asking ? [['ASKING']] : []), command));
  }

  async publish(channel: string, notice: string): Promise<void> {
    await this.#routed(channel, async ({ reads }) => (await reads.ready()).send(['SPUBLISH', channel, notice]));
  }

  async run({ sha, text }: Script, key: string, args: Argument[]): Promise<unknown> {
    try {
      return await this.write(key, ['EVALSHA', sha, '1', key, ...args]);
    } catch (error) {
      if (codeOf(error) !== 'NOSCRIPT') throw error;
      return this.write(key, ['EVAL', text, '1', key, ...args]);
    }
  }

  /** `asking`: the server has the key only for who says so (ASK: its slot is on the way there). What was redirected wasn't done. */
  async #routed<T>(key: string, ask: (primary: Primary, asking: boolean) => Promise<T>): Promise<T> {
    let asked = { primary: this.#topology.primaryOf(key), asking: false };
    for (let redirects = 0; ; redirects++) {
      try {
        return await ask(asked.primary, asked.asking);
      } catch (error) {
        if (!(error instanceof ErrorReply) || redirects === MOST_REDIRECTS) throw error;
        asked = await this.#redirected(key, error);
      }
    }
  }

  async #redirected(key: string, error: ErrorReply): Promise<{ primary: Primary; asking: boolean }> {
    const code = codeOf(error);
    if (code === 'ASK') return { primary: this.#topology.primaryAt(serverIn(error.message)), asking: true };
    if (code !== 'MOVED' && code !== 'READONLY') throw error;
    await this.#topology.misled(error.message);
    return { primary: this.#topology.primaryOf(key), asking: false };
  }
}

async function readAt(primary: Primary, asking: boolean, commands: Argument[][]) {
  const connection = await primary.reads.ready();
  const replies = commands.map(command => {
    const asked = asking ? connection.send(['ASKING']) : undefined;
    return Promise.all([connection.sendForBytes(command), asked]).then(([reply]) => reply);
  });
  return { replies: await Promise.all(replies), connection };
}
