import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { HttpBrowser } from './http-browser.js';
import { until } from './parlour.js';

export interface StreamEvent {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

const opened = new Set<SessionStream>();

/** After a test, whatever it has left open. */
export function closeStreams(): void {
  for (const stream of opened) stream.close();
  opened.clear();
}

/** A stream of session events as a script reads it, its framing by WHATWG HTML §9.2.6. */
export class SessionStream {
  readonly events: StreamEvent[] = [];
  text = '';
  /** By the monotonic clock; undefined while it's open. */
  endedAt: number | undefined;
  private read = 0;

  constructor(readonly response: IncomingMessage) {
    opened.add(this);
    response.setEncoding('utf8');
    response.on('data', chunk => this.add(String(chunk)));
    // broken off is as good an end as any
    response.on('error', () => {}).on('close', () => (this.endedAt = performance.now()));
  }

  get isOpen(): boolean {
    return this.endedAt === undefined;
  }

  /** The next event of that name that nobody has waited for yet. */
  async next(name: string): Promise<StreamEvent> {
    const index = await until(`a stream says ${name}`, () => {
      const found = this.events.findIndex(({ event }, at) => at >= this.read && event === name);
      return found >= 0 && { found };
    });
    this.read = index.found + 1;
    return this.events[index.found] ?? { id: 0, event: '', data: {} };
  }

  /** When the stream has ended, within some milliseconds. */
  async ended(within = 5000): Promise<number> {
    const signal = AbortSignal.timeout(within);
    if (this.endedAt === undefined) await once(this.response, 'close', { signal });
    return this.endedAt ?? 0;
  }

  close(): void {
    this.response.destroy();
  }

  private add(chunk: string): void {
    this.text += chunk;
    const blocks = this.text.split('\n\n').slice(0, -1).map(fieldsOf);
    const events = blocks.filter(fields => fields.has('data'));
    for (const fields of events.slice(this.events.length)) this.events.push(eventOf(fields));
  }
}

function fieldsOf(block: string): Map<string, string> {
  const lines = block.split('\n').filter(line => !line.startsWith(':') && line !== '');
  return new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

function eventOf(fields: Map<string, string>): StreamEvent {
  const data: unknown = JSON.parse(fields.get('data') ?? '');
  if (typeof data !== 'object' || data === null) throw new Error('an event without an object');
  return { id: Number(fields.get('id')), event: fields.get('event') ?? '', data: { ...data } };
}

/** What the app's own script opens; resolves with the head. */
export async function openStream(
  browser: HttpBrowser,
  { url }: { url: string },
  headers: Record<string, string> = {},
): Promise<SessionStream> {
  const all = { 'X-CSRF': '1', ...headers };
  return new SessionStream(await browser.stream(`${url}/session/events`, { page: `${url}/`, headers: all }));
}

/** Open, and watching: it has said its first sign of life. */
export async function openedStream(...opening: Parameters<typeof openStream>): Promise<SessionStream> {
  const stream = await openStream(...opening);
  await until('the stream has begun', () => /\n\n[^]*\n\n/.test(stream.text));
  return stream;
}
