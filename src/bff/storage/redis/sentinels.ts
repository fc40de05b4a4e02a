import type { Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';
import { type Access, Connection } from './connection.js';
import { Link } from './link.js';
import { nameOf } from './unavailable.js';

/** Who say where the primary is. */
export class Sentinels {
  readonly #name: string;
  readonly #links: Link[];

  constructor(servers: Server[], name: string, access: () => Access) {
    this.#name = name;
    this.#links = servers.map(server => new Link(() => Connection.open(server, access(), 'topology')));
  }

  /** What most of them say: one that is cut off from the others hears of no failover. Rejects when none can say. */
  async primary(): Promise<Server> {
    const answers = await Promise.allSettled(this.#links.map(async link => this.#ask(await link.ready())));
    const servers = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []));
    const [named] = servers.toSorted((a, b) => votesFor(b, servers) - votesFor(a, servers));
    if (named) return named;
    throw answers.find(answer => answer.status === 'rejected')?.reason;
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  async #ask(connection: Connection): Promise<Server> {
    const reply = await connection.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name]);
    const [host, port]: unknown[] = Array.isArray(reply) ? reply : [];
    if (typeof host === 'string') return { host, port: Number(port) };
    throw new StorageUnavailable(`The sentinel ${nameOf(connection.server)} knows no primary named ${this.#name}.`);
  }
}

function votesFor(server: Server, servers: Server[]): number {
  return servers.filter(other => nameOf(other) === nameOf(server)).length;
}
