import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { ApiRouteOptions } from '../bff.options.js';
import { BffError } from '../errors.js';

type Limits = Pick<ApiRouteOptions, 'replayBody' | 'bodyTimeout' | 'maxBody' | 'maxHeader'>;

/**
 * Node's parser has refused contradictory framing already (RFC 9112 §6.3). A further transfer coding is refused here: the body goes on in a framing of
 * its own, and nobody could read it then.
 */
export function refuseTransferCodings({ headers }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return;
  throw new BffError('invalid_request', { reason: 'transfer coding' });
}

/** RFC 9110 §5.3: a body has one type. Of two, a filter in front of the API may believe the one and the API the other. */
export function refuseTwoTypes({ headers, rawHeaders }: IncomingMessage): void {
  if (headers['content-type'] === undefined) return;
  const types = rawHeaders.filter((name, index) => index % 2 === 0 && /^content[-_]type$/i.test(name));
  if (types.length > 1) throw new BffError('invalid_request', { reason: 'two types' });
}

/** What a request says of its size before anything of its body is read. Throws `request_header_too_large` or `request_too_large`. */
export function refuseTooLarge(request: IncomingMessage, { maxBody, maxHeader }: Limits): void {
  if (maxHeader !== undefined && headerBytes(request) > maxHeader) throw new BffError('request_header_too_large');
  if (maxBody !== undefined && declaredLength(request) > maxBody) throw new BffError('request_too_large');
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || declaredLength(request) > 0;
}

/** A field's line has a colon, a space and a line break, too. */
function headerBytes({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
}

function declaredLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0);
}

/**
 * A browser's body on its way to an API, as fast as that takes it. While it's small a copy stays, for a call that has to be made again. One that gets too
 * large or stands still has the call ended, so that what the API got of it isn't whole.
 */
export class RequestBody {
  private kept: Buffer[] = [];
  private size = 0;
  private sink: PassThrough | undefined;
  private isSettled = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly limits: Limits,
    private readonly refuse: (why: BffError) => void,
  ) {}

  /** All that has come is still here. */
  private get isRepeatable(): boolean {
    return this.size <= this.limits.replayBody;
  }

  /** Everything that came has been sent on, and more is to come. */
  get isStarved(): boolean {
    const { sink } = this;
    return !this.request.complete && sink !== undefined && sink.readableLength + sink.writableLength === 0;
  }

  /**
   * For one sending of the call, in the place of the one before: a stream of its own, since undici destroys what it couldn't send to the end, and with the
   * browser's request would go the connection that the answer has to take. What the API didn't want is read and thrown away, so that the browser gets to
   * read that answer.
   */
  open(): PassThrough {
    const { request } = this;
    if (!this.sink) this.watch();
    const sink = new PassThrough();
    this.sink = sink;
    for (const chunk of this.kept) sink.write(chunk);
    request.pipe(sink);
    sink.once('close', () => this.readOn());
    return sink;
  }

  /** Whether it can be sent once more; then the sending before has ended, and what is still to come waits for the next. */
  hold(): boolean {
    if (!this.isRepeatable) return false;
    this.request.unpipe();
    this.sink?.on('error', () => {}).destroy();
    return true;
  }

  /** There will be no further sending. */
  settle(): void {
    this.isSettled = true;
    this.kept = [];
    this.readOn();
  }

  /** What may have to be sent once more waits until that's decided: it could grow too large meanwhile, and be sent without its beginning. */
  private readOn(): void {
    if (this.sink?.destroyed && (this.isSettled || !this.isRepeatable)) this.request.resume();
  }

  private watch(): void {
    this.timer = setTimeout(() => this.stoodStill(), this.limits.bodyTimeout * 1000).unref();
    this.request.on('data', (chunk: Buffer) => this.take(chunk));
    this.request.once('close', () => clearTimeout(this.timer));
  }

  private take(chunk: Buffer): void {
    this.timer?.refresh();
    this.size += chunk.length;
    if (this.isRepeatable && !this.isSettled) this.kept.push(chunk);
    else this.kept = [];
    if (this.size > (this.limits.maxBody ?? Infinity)) this.refuse(new BffError('request_too_large'));
  }

  /** Nobody waits for the browser while its body is held back: by an API that takes no more, or until it's decided whether there's another sending. */
  private stoodStill(): void {
    if (this.request.complete) return;
    if (this.request.isPaused()) this.timer?.refresh();
    else this.refuse(new BffError('request_timeout'));
  }
}
