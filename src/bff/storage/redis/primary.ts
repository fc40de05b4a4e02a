import type { Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';
import { type Access, type Argument, Connection, type Purpose } from './connection.js';
import { Link } from './link.js';
import { nameOf } from './unavailable.js';
import { Writes } from './writes.js';

export interface PrimaryObserver {
  lost(why: string): void;
  recovered(server: string): void;
  /** So many writes are on the primary, but no replica had them in time. */
  unconfirmed(writes: number): void;
}

/** A server that holds records and takes writes: the only one, the one that the sentinels name, or one of a cluster. */
export class Primary {
  readonly #where: () => Promise<Server>;
  /** As it is when a connection is opened: the file of certificate authorities may have changed. */
  readonly #access: () => Access;
  readonly #connections = new Set<Connection>();
  readonly #reads: Link;
  readonly #writing: Link;
  readonly #writes: Writes;

  /** `where` is asked before each connection. */
  constructor(where: () => Promise<Server>, access: () => Access, observer: PrimaryObserver) {
    this.#where = where;
    this.#access = access;
    this.#reads = new Link(() => this.connect('reads'), {
      lost: why => observer.lost(why),
      recovered: ({ server }) => {
        this.#writing.hurry();
        observer.recovered(nameOf(server));
      },
    });
    this.#writing = new Link(() => this.#connectToWrite());
    this.#writes = new Writes(this.#writing, writes => observer.unconfirmed(writes));
  }

  /** What is read here is read in order, and on one connection. */
  get reads(): Link {
    return this.#reads;
  }

  /** Resolves when it answers, and can be written to. */
  async ping(): Promise<void> {
    const [reading] = await Promise.all([this.#reads.ready(), this.#writing.ready()]);
    await reading.send(['PING']);
  }

  /** When the first attempts to connect have had their outcome. */
  async tried(): Promise<void> {
    await Promise.all([this.#reads.tried, this.#writing.tried]);
  }

  write(...commands: Argument[][]): Promise<unknown> {
    return this.#writes.write(...commands);
  }

  /** Another connection. Refuses a replica: it would answer with what was, and take no writes. */
  async connect(purpose: Purpose): Promise<Connection> {
    const connection = await Connection.open(await this.#where(), this.#access(), purpose);
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
    if (connection.hello.role === 'master') return connection;
    connection.close();
    throw new StorageUnavailable(`${nameOf(connection.server)} is a replica, and can't be written to.`);
  }

  /** Ends all connections but those to this server; they are opened anew, to wherever it is now. */
  moveTo(server: Server): void {
    for (const connection of this.#connections)
      if (nameOf(connection.server) !== nameOf(server)) connection.close(`the primary is ${nameOf(server)} now`);
  }

  close(): void {
    this.#reads.close();
    this.#writing.close();
    for (const connection of this.#connections) connection.close();
  }

  async #connectToWrite(): Promise<Connection> {
    const connection = await this.connect('writes');
    await this.#writes.look(connection);
    return connection;
  }
}
