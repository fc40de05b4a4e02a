import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HOST } from './instance.ts';

/** What the app's own script sends. */
export function apiCall(cookie: string): string {
  return `GET /api/orders HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\nX-CSRF: 1\r\n\r\n`;
}

export function backChannelLogout(logoutToken: string): string {
  const body = new URLSearchParams({ logout_token: logoutToken }).toString();
  const type = 'Content-Type: application/x-www-form-urlencoded';
  return `POST /backchannel-logout HTTP/1.1\r\nHost: ${HOST}\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A connection that is kept alive, with one request at a time: as little as a client can cost, since it shares the processors with what is measured. */
export class Connection {
  readonly #socket: Socket;
  #answer = '';
  #waiting = Promise.withResolvers<number>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#waiting.promise.catch(() => {});
    socket.setNoDelay().setEncoding('latin1');
    socket.on('data', chunk => this.#add(String(chunk)));
    socket.on('error', () => {}).on('close', () => this.#waiting.reject(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** The status, when the whole answer is there. */
  send(request: string): Promise<number> {
    this.#answer = '';
    this.#waiting = Promise.withResolvers();
    if (this.isClosed) this.#waiting.reject(new Error('the connection was closed'));
    else this.#socket.write(request, 'latin1');
    return this.#waiting.promise;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || !this.#socket.writable;
  }

  close(): void {
    this.#socket.destroy();
  }

  #add(chunk: string): void {
    this.#answer += chunk;
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end >= 0 && isWhole(this.#answer.slice(0, end), this.#answer.slice(end + 4)))
      this.#waiting.resolve(Number(this.#answer.slice(9, 12)));
  }
}

function isWhole(head: string, body: string): boolean {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length);
}
