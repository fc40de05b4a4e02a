import { createClient, ErrorReply, RESP_TYPES } from '@redis/client';
import type { Credentials, Server } from '../../storage-url.js';
import { type Hello, refuseOther } from './hello.js';
import { ConnectionLost, nameOf, Silence } from './unavailable.js';

export type Argument = string | Buffer;

export interface Access {
  /** `ca`: what to trust, as Node takes it. */
  tls: { ca: string[] | undefined } | undefined;
  credentials: Credentials | undefined;
  database: number;
}

export type Purpose = 'reads' | 'writes' | 'notices' | 'topology';

/** Milliseconds without any answer while one is due, after which the connection is given up with all that is under way on it. */
export const DEADLINE = 3000;
/** Milliseconds between two looks at that; a ping goes out with each if nothing else is under way, so that a dead connection is known for one. */
const LOOK_EVERY = 500;

const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/**
 * One connection to one server, for once: when it has ended it is never used again, so nothing that was asked on it happens later. @redis/client
 * reconnects by itself, but its time limits end where a command has been sent, and a server that stands still would hold everything up.
 */
export class Connection {
  /** Resolves when it is over, and says why. */
  readonly ended: Promise<ConnectionLost>;
  hello: Hello = { server: '', version: '', mode: '', role: '' };
  readonly server: Server;
  readonly #client: Client;
  readonly #name: string;
  readonly #unanswered = new Set<{ at: number }>();
  readonly #look: NodeJS.Timeout;
  #looked = performance.now();
  #answeredAt = performance.now();
  #lost: ConnectionLost | undefined;
  /** By the server's own words. */
  #refused: ErrorReply | undefined;
  #resolveEnded: (why: ConnectionLost) => void = () => undefined;

  private constructor(server: Server, access: Access, purpose: Purpose) {
    this.server = server;
    this.#name = nameOf(server);
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#client = client(server, access, purpose);
    // each of these says that it's over; `error` has to have a listener, or it ends the process (R6)
    this.#client.on('error', error => this.#end(error)).on('end', () => this.#end(undefined));
    this.#look = setInterval(() => this.#watch(), LOOK_EVERY).unref();
  }

  /** Rejects with {@link ConnectionLost}, or with the server's refusal. */
  static async open(server: Server, access: Access, purpose: Purpose): Promise<Connection> {
    const connection = new Connection(server, access, purpose);
    const opened = connection.#open();
    const failed = connection.ended.then(why => Promise.reject(why));
    try {
      await Promise.race([opened, failed]);
      return connection;
    } catch (error) {
      connection.close();
      throw connection.#refused ?? error;
    } finally {
      opened.catch(() => undefined);
      failed.catch(() => undefined);
    }
  }

  get isOpen(): boolean {
    return this.#lost === undefined;
  }

  /** Rejects with {@link ConnectionLost}, or with the server's error. */
  send(args: Argument[]): Promise<unknown> {
    return this.#answered(() => this.#client.sendCommand(args));
  }

  /** The same, with texts in the answer as the bytes that they are. */
  sendForBytes(args: Argument[]): Promise<unknown> {
    return this.#answered(() => this.#client.sendCommand(args, AS_BYTES));
  }

  /** `received` hears what is published on the channel from then on. */
  subscribe(channel: string, received: (notice: string) => void): Promise<unknown> {
    return this.#answered(() => this.#client.sSubscribe(channel, received));
  }

  unsubscribe(channel: string, received: (notice: string) => void): Promise<unknown> {
    return this.#answered(() => this.#client.sUnsubscribe(channel, received));
  }

  /** On one for reads the server says which of the keys that were read on this connection has changed; `undefined`: any may have. */
  onChanged(listener: (key?: string) => void): void {
    this.#client.on('invalidate', (key: Buffer | null) => listener(key?.toString()));
  }

  /** The server may tell us that a channel isn't its own any more. */
  onChannelMoved(listener: () => void): void {
    this.#client.on('sharded-channel-moved', listener);
  }

  /** Itself, when that's done; what can't be made ready is closed. */
  async after(preparation: Promise<unknown>): Promise<this> {
    try {
      await preparation;
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(why = 'it was closed'): void {
    this.#end(new Error(why));
  }

  async #open(): Promise<void> {
    await this.#answered(() => this.#client.connect());
    this.hello = refuseOther(await this.send(['HELLO']), this.#name);
  }

  async #answered<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#lost) throw this.#lost;
    const asked = { at: performance.now() };
    this.#unanswered.add(asked);
    try {
      return await ask();
    } catch (error) {
      throw error instanceof ErrorReply ? error : (this.#lost ?? error);
    } finally {
      this.#unanswered.delete(asked);
      this.#answeredAt = performance.now();
    }
  }

  #watch(): void {
    const now = performance.now();
    // this process stood still: what has been answered meanwhile hasn't been read yet
    const stoodStill = now - this.#looked > 2 * LOOK_EVERY;
    this.#looked = now;
    const [oldest] = this.#unanswered;
    if (!oldest) this.send(['PING']).catch(() => undefined);
    else if (now - Math.max(oldest.at, this.#answeredAt) > DEADLINE && !stoodStill)
      this.#end(new Silence(`no answer within ${DEADLINE} ms`));
  }

  #end(cause: unknown): void {
    if (this.#lost) return;
    this.#lost = new ConnectionLost(this.#name, cause);
    if (cause instanceof ErrorReply) this.#refused = cause;
    clearInterval(this.#look);
    this.#client.destroy();
    this.#resolveEnded(this.#lost);
  }
}

type Client = ReturnType<typeof client>;

function client({ host, port }: Server, { tls, credentials, database }: Access, purpose: Purpose) {
  return createClient({
    socket: {
      host,
      port,
      // before ours: a socket that is still connecting isn't ended with its client
      connectTimeout: DEADLINE - LOOK_EVERY,
      reconnectStrategy: false,
      ...(tls && { tls: true, ...(tls.ca && { ca: tls.ca }) }),
    },
    ...(credentials && { username: credentials.user, password: credentials.password }),
    database,
    // so operators see it in CLIENT LIST
    name: `parlour-${purpose}`,
    RESP: 3,
    emitInvalidate: purpose === 'reads',
    disableOfflineQueue: true,
    // each would be a command that the user needs a right for
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { timeout: 0 },
  });
}
