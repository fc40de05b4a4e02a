import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case; a repeated header's values are joined with ", ". */
  headers: Record<string, string>;
  body: string;
}

export interface RawRequest {
  port: number;
  host?: string;
  /** Request line and headers, one a line; CRLFs are put between and after. */
  lines?: string[];
  /** Or the bytes of the head, the empty line included. */
  head?: string | Buffer;
  body?: string | Buffer;
}

/** Sends bytes that no HTTP library would, and reads one answer. Fails when the connection closes without one, or after five seconds. */
export function rawRequest({ port, host = '127.0.0.1', lines = [], head, body = '' }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let received = Buffer.alloc(0);
    // RFC 9112 §6.3: whatever length it says
    const bodiless = (lines[0] ?? String(head)).startsWith('HEAD ');
    const finish = (closed: boolean) => {
      const answer = parse(received, closed, bodiless);
      if (answer === undefined && !closed) return;
      socket.destroy();
      if (answer === undefined)
        reject(new Error(`Connection closed without a whole answer: ${received.toString('latin1')}`));
      else resolve(answer);
    };
    socket.setTimeout(5000, () => socket.destroy(new Error(`No whole answer in 5 s: ${received.toString('latin1')}`)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      finish(false);
    });
    socket.on('error', reject);
    socket.on('close', () => finish(true));
    socket.write(head ?? `${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    socket.write(body);
  });
}

function parse(bytes: Buffer, closed: boolean, bodiless: boolean): RawAnswer | undefined {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...fields] = text.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (status === 100) return parse(bytes.subarray(end + 4), closed, bodiless);
  const headers = headersOf(fields);
  const body = bodiless ? '' : bodyOf(bytes.subarray(end + 4), headers, status, closed);
  return body === undefined ? undefined : { status, headers, body };
}

function headersOf(fields: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    const value = field.slice(field.indexOf(':') + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function bodyOf(rest: Buffer, headers: Record<string, string>, status: number, closed: boolean): string | undefined {
  if (status === 101 || status === 204 || status === 304) return '';
  if (headers['transfer-encoding'] === 'chunked') return dechunk(rest.toString('latin1'));
  const length = headers['content-length'];
  if (length === undefined) return closed ? rest.toString() : undefined;
  return rest.length < Number(length) ? undefined : rest.subarray(0, Number(length)).toString();
}

function dechunk(text: string): string | undefined {
  let body = '';
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size) || text.length < line + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.from(body, 'latin1').toString();
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
