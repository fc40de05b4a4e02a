import { createServer, type Server, type Socket } from 'node:net';
import { listen } from '../hostile/listen.js';

/** One request, as its bytes say. */
export interface WireRequest {
  method: string;
  target: string;
  /** In their order, values without blanks around them. */
  fields: [name: string, value: string][];
  body: string;
}

const REQUEST_LINE = /^([A-Z-]+) (\/[!-~]*) HTTP\/1\.1$/;
/** RFC 9110 §5: a token, a colon with nothing before it, and a value without control characters. */
const FIELD = /^([\w!#$%&'*+.^`|~-]+):[\t ]*([\t -~\x80-\xff]*)$/;

/** An API that reads by the letter of RFC 9112 and keeps what it read; whatever can't be read so is a violation. */
export class RawUpstream {
  requests: WireRequest[] = [];
  violations: string[] = [];
  port = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer(socket => this.serve(socket));

  async start(): Promise<this> {
    this.port = await listen(this.server);
    return this;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private serve(socket: Socket): void {
    let bytes = '';
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', chunk => {
      bytes += chunk.toString('latin1');
      try {
        for (let read = readRequest(bytes); read; read = readRequest(bytes)) {
          bytes = bytes.slice(read.length);
          this.requests.push(read.request);
          socket.write(answerTo(read.request), 'latin1');
        }
      } catch (error) {
        this.violations.push(`${String(error)}: ${JSON.stringify(bytes)}`);
        socket.destroy();
      }
    });
  }
}

function answerTo({ method }: WireRequest): string {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n';
  return method === 'HEAD' ? head : `${head}{"ok":true}`;
}

/** The first request of these bytes, or `undefined` while it isn't whole. */
function readRequest(bytes: string): { request: WireRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const [, method = '', target = ''] = REQUEST_LINE.exec(line) ?? refuse('request line');
  const fields = lines.map(fieldOf);
  const body = bodyAt(bytes, end + 4, framingOf(fields));
  return body && { request: { method, target, fields, body: body.text }, length: body.end };
}

function fieldOf(line: string): [string, string] {
  const [, name = '', value = ''] = FIELD.exec(line) ?? refuse('field');
  return [name, value.trimEnd()];
}

/** RFC 9112 §6: one framing, said once. */
function framingOf(fields: [string, string][]): number | 'chunked' {
  const framing = fields.filter(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const [[name, value] = ['', ''], second] = framing;
  if (second) refuse('two framings');
  if (name.toLowerCase() === 'transfer-encoding') return value === 'chunked' ? 'chunked' : refuse('coding');
  return /^\d*$/.test(value) ? Number(value) : refuse('length');
}

function bodyAt(bytes: string, start: number, framing: number | 'chunked'): { text: string; end: number } | undefined {
  if (framing === 'chunked') return chunksAt(bytes, start);
  const end = start + framing;
  return bytes.length < end ? undefined : { text: bytes.slice(start, end), end };
}

function chunksAt(bytes: string, start: number): { text: string; end: number } | undefined {
  let text = '';
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(/^[\da-f]{1,8}$/i.exec(bytes.slice(at, line))?.[0] ?? refuse('chunk size'), 16);
    const end = line + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (bytes.slice(end, end + 2) !== '\r\n') refuse('chunk');
    if (size === 0) return { text, end: end + 2 };
    text += bytes.slice(line + 2, end);
    at = end + 2;
  }
}

function refuse(what: string): never {
  throw new Error(what);
}
