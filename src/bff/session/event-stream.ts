import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a reader; who lets more of them wait has stopped reading. */
const LONGEST_WAIT = 64 * 1024;
/** Milliseconds after which a client comes back. */
const RETRY = 2000;
/** Milliseconds in which a reader may take what is left. */
const LINGERING = 1000;

/** Server-sent events (WHATWG HTML §9.2), each with a time for its id, so that a client that comes back can say since when it has heard nothing. */
export class EventStream {
  private lastId = 0;

  constructor(private readonly response: ServerResponse) {}

  send(event: string, data: object): void {
    this.begin();
    this.write(`id: ${this.nextId()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  beat(): void {
    this.begin();
    this.write(':\n\n');
  }

  end(): void {
    this.begin();
    this.response.end();
    const late = setTimeout(() => this.response.destroy(), LINGERING).unref();
    this.response.once('close', () => clearTimeout(late));
  }

  /** The head goes out with the first word and not before: until then an error can still be told as one. */
  private begin(): void {
    if (this.lastId > 0) return;
    this.response.statusCode = 200;
    this.response.setHeader('Content-Type', 'text/event-stream');
    // a host's compression would hold events back; nginx buffers unless it's told (X-Accel-Buffering)
    this.response.setHeader('Cache-Control', 'no-store, no-transform');
    this.response.setHeader('X-Accel-Buffering', 'no');
    this.write(`: connected\nretry: ${RETRY}\nid: ${this.nextId()}\n\n`);
  }

  private write(text: string): void {
    if (this.response.writableEnded) return;
    this.response.write(text);
    if (this.response.writableLength > LONGEST_WAIT) this.response.destroy();
  }

  /** Milliseconds since the epoch, and more than the one before. */
  private nextId(): number {
    this.lastId = Math.max(Date.now(), this.lastId + 1);
    return this.lastId;
  }
}
