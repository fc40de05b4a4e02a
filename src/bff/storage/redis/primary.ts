import type { Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';
import { type Access, type Argument, Connection, type Purpose } from './connection.js';
import { Link, type LinkObserver } from './link.js';
import { nameOf } from './unavailable.js';
import { Writes } from './writes.js';

/** What all primaries of a storage have in common. */
export interface Surroundings {
  /** As it is when a connection is opened: the file of certificate authorities may have changed. */
  access: () => Access;
  observer: PrimaryObserver;
  /** That key has, or without one any key may have. */
  changed: (key?: string) => void;
}

export interface PrimaryObserver {
  lost(why: string): void;
  recovered(server: string): void;
  /** So many writes are on the primary, but no replica had them in time. */
  unconfirmed(writes: number): void;
}

/** A server that holds records and takes writes: the only one, the one that the sentinels name, or one of a cluster. */
export class Primary {
  readonly #where: () => Promise<Server>;
  readonly #surroundings: Surroundings;
  readonly #connections = new Set<Connection>();
  readonly #links = new Set<Link>();
  readonly #reads: Link;
  readonly #writing: Link;
  readonly #writes: Writes;

  /** `where` is asked before each connection. */
  constructor(where: () => Promise<Server>, surroundings: Surroundings) {
    const { observer } = surroundings;
    this.#where = where;
    this.#surroundings = surroundings;
    this.#reads = this.link(() => this.#connectToRead(), {
      lost: why => observer.lost(why),
      recovered: ({ server }) => observer.recovered(nameOf(server)),
    });
    this.#writing = this.link(() => this.#connectToWrite());
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
    const connection = await Connection.open(await this.#where(), this.#surroundings.access(), purpose);
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
    if (connection.hello.role !== 'master') {
      connection.close();
      throw new StorageUnavailable(`${nameOf(connection.server)} is a replica, and can't be written to.`);
    }
    return connection;
  }

  /** One more connection that is kept established. When it is, the server can be reached, so the others needn't pause. */
  link(open: () => Promise<Connection>, observer: LinkObserver = {}): Link {
    const established = () => {
      for (const other of this.#links) if (other !== link) other.hurry();
    };
    const link = new Link(open, { ...observer, established });
    this.#links.add(link);
    return link;
  }

  /** Ends all connections but those to this server; they are opened anew, to wherever it is now. */
  moveTo(server: Server): void {
    for (const connection of this.#connections)
      if (nameOf(connection.server) !== nameOf(server)) connection.close(`the primary is ${nameOf(server)} now`);
  }

  /** It says that it's a replica now: perhaps there's a primary by its name, or another one has been chosen. */
  demoted(): void {
    for (const connection of this.#connections) connection.close('it’s a replica now');
  }

  close(): void {
    for (const link of this.#links) link.close();
    for (const connection of this.#connections) connection.close();
  }

  async #connectToRead(): Promise<Connection> {
    const connection = await this.connect('reads');
    connection.onChanged(key => this.#surroundings.changed(key));
    return connection;
  }

  async #connectToWrite(): Promise<Connection> {
    const connection = await this.connect('writes');
    // whether these are allowed is better known now than when they're needed
    const later = [['WAIT', '0', '0'], ...(connection.hello.mode === 'cluster' ? [['ASKING']] : [])];
    const preparations = [this.#writes.look(connection), ...later.map(command => connection.send(command))];
    return connection.after(Promise.all(preparations));
  }
}
