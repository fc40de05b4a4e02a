import { createServer, type Server, type Socket } from 'node:net';
import { listen } from './hostile/listen.js';

/** https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
] as const;
/** Of DATA and HEADERS; of HEADERS alone; of SETTINGS. */
export const [END_STREAM, END_HEADERS, ACK] = [1, 4, 1];
/** https://www.rfc-editor.org/rfc/rfc9113#section-7 */
export const [NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL] = [0, 2, 7, 8];
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length;
const HEAD = 9;

export interface Frame {
  type: string;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
export function frame(
  type: (typeof TYPES)[number],
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(TYPES.indexOf(type), 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals with new names, never indexed (RFC 7541 §6.2.3): `:status` first. */
export function headers(stream: number, flags: number, fields: Record<string, string>): Buffer {
  const block = Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]);
  return frame('HEADERS', END_HEADERS | flags, stream, Buffer.concat(block));
}

export const data = (stream: number, body: string, flags = 0) => frame('DATA', flags, stream, Buffer.from(body));
export const reset = (stream: number, code: number) => frame('RST_STREAM', 0, stream, numbers(code));
export const goaway = (lastStream: number, code: number) => frame('GOAWAY', 0, 0, numbers(lastStream, code));
export const settings = (...pairs: [id: number, value: number][]) =>
  frame(
    'SETTINGS',
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([numbers(id).subarray(2), numbers(value)]))),
  );

/** An API that answers in frames of the test's own. */
export class FrameApi {
  /** What came, on all connections. */
  frames: Frame[] = [];
  connections = 0;
  /** What each connection begins with; nothing: it never answers. */
  greeting: Buffer = settings();
  /** Called for the header of each request. */
  answer: (stream: number, socket: Socket) => void = () => {};
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', socket => this.serve(socket));
  }

  /** `allowHalfOpen`: it never ends a connection. */
  static async start({ allowHalfOpen = false } = {}): Promise<FrameApi & { origin: string }> {
    const server = createServer({ allowHalfOpen });
    const api = new FrameApi(server);
    return Object.assign(api, { origin: `http://127.0.0.1:${await listen(server)}` });
  }

  /** Resolves when nobody believes in a connection any more. */
  async reset(): Promise<void> {
    this.greeting = Buffer.alloc(0);
    this.answer = () => {};
    await Promise.all([...this.sockets].map(socket => new Promise(resolve => socket.once('close', resolve).end())));
    this.frames = [];
    this.connections = 0;
    this.greeting = settings();
  }

  /** Those of one type that came on streams. */
  of(type: (typeof TYPES)[number]): Frame[] {
    return this.frames.filter(each => each.type === type && each.stream > 0);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.sockets.delete(socket));
    if (this.greeting.length > 0) socket.write(this.greeting);
    let left: Buffer = Buffer.alloc(0);
    let skip = PREFACE;
    socket.on('data', chunk => {
      left = Buffer.concat([left, chunk]);
      if (left.length < skip) return;
      left = left.subarray(skip);
      skip = 0;
      left = this.read(left, socket);
    });
  }

  /** Whole frames; gives the rest back. */
  private read(bytes: Buffer, socket: Socket): Buffer {
    let at = 0;
    while (bytes.length >= at + HEAD && bytes.length >= at + HEAD + bytes.readUIntBE(at, 3)) {
      const payload = bytes.subarray(at + HEAD, at + HEAD + bytes.readUIntBE(at, 3));
      const type = TYPES[bytes.readUInt8(at + 3)] ?? 'another';
      const came = { type, flags: bytes.readUInt8(at + 4), stream: bytes.readUInt32BE(at + 5), payload };
      this.frames.push(came);
      at += HEAD + payload.length;
      if (type === 'SETTINGS' && came.flags !== ACK && this.greeting.length > 0)
        socket.write(frame('SETTINGS', ACK, 0));
      if (type === 'HEADERS') this.answer(came.stream, socket);
    }
    return bytes.subarray(at);
  }
}

function numbers(...all: number[]): Buffer {
  return Buffer.concat(
    all.map(each => Buffer.from([each >>> 24, (each >>> 16) & 255, (each >>> 8) & 255, each & 255])),
  );
}

/** Without Huffman's coding (RFC 7541 §5.2); up to 126 bytes, or as long as a test needs. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([length(bytes.length), bytes]);
}

/** An integer with a prefix of seven bits (RFC 7541 §5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const more = [127];
  for (let rest = value - 127; ; rest >>= 7) {
    if (rest < 128) return Buffer.from([...more, rest]);
    more.push((rest & 127) | 128);
  }
}
