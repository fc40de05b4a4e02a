import type { buildConnector } from 'undici';
import type { Http2Call } from './call.js';
import { type Http2Connection, openConnection } from './connection.js';
import { Http2Failure } from './failure.js';

/** All connections to one origin: as many as the server's limit of streams wants. */
export class Http2Connections {
  private readonly open = new Set<Http2Connection>();
  /** The next one; whoever finds no room waits for it. */
  private opening: Promise<void> | undefined;

  constructor(
    private readonly origin: string,
    private readonly connector: buildConnector.connector,
    private readonly timeout: number,
  ) {}

  send(call: Http2Call): void {
    for (const connection of this.open) if (connection.hasRoom) return connection.send(call);
    void this.sendLater(call);
  }

  async close(): Promise<void> {
    while (this.opening) await this.opening.catch(() => {});
    await Promise.all([...this.open].map(connection => connection.retire()));
  }

  destroy(error: Error): Promise<void> {
    for (const connection of this.open) connection.end(error);
    return this.close();
  }

  private async sendLater(call: Http2Call): Promise<void> {
    try {
      await (this.opening ??= this.connect().finally(() => (this.opening = undefined)));
    } catch (error) {
      return call.fail(error as Error); // of a socket, a session, or ours
    }
    // others may have taken the room; then there's a next one
    if (!call.isOver) this.send(call);
  }

  private async connect(): Promise<void> {
    const connection = await openConnection(this.origin, this.connector, this.timeout);
    if (!connection.hasRoom) {
      connection.end();
      // nor would the next one have any
      throw new Http2Failure('TAKES_NO_STREAMS');
    }
    this.open.add(connection);
    connection.onceClosed(() => this.open.delete(connection));
  }
}
