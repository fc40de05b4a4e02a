import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { Events } from '../events.js';
import type { EventStream } from './event-stream.js';
import type { Session } from './session-record.js';

/** Of one session in one process: a browser that opens more has forgotten some, or somebody plays. */
const STREAMS = 6;

/** The event streams of this process. They end when it does: nobody could shut down otherwise. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Map<string, Set<EventStream>>();
  private isLeaving = false;

  constructor(@Inject(Events) private readonly events: Events) {}

  /** The oldest makes room. What is returned takes the stream out again. */
  add({ frontend, key }: Session, stream: EventStream): () => void {
    const streams = this.streams.get(key) ?? new Set();
    const [oldest] = streams;
    if (oldest && streams.size >= STREAMS) {
      streams.delete(oldest);
      oldest.end();
    }
    this.streams.set(key, streams.add(stream));
    this.events.streamsChanged(frontend.name, 1);
    if (this.isLeaving) stream.end();
    return () => {
      streams.delete(stream);
      this.events.streamsChanged(frontend.name, -1);
      if (streams.size === 0 && this.streams.get(key) === streams) this.streams.delete(key);
    };
  }

  /** Before the server waits for its requests to end. Clients come back, to another instance. */
  beforeApplicationShutdown(): void {
    this.isLeaving = true;
    for (const streams of this.streams.values()) for (const stream of streams) stream.end();
  }
}
