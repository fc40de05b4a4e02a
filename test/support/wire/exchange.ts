import { connect } from 'node:net';
import { written } from './input.js';

/** Where inputs are sent, and what stands for their placeholders. */
export interface Wire {
  host: string;
  evil: string;
  api: string;
  cookie: string;
}

/** Asked last on each connection: when it's answered, all before it is through; when it isn't, the connection is cut. */
export const LAST = written({ line: 'GET /api/things/last HTTP/1.1', fields: ['Connection: close'] });

export function filled(text: string, { host, evil, api, cookie }: Wire): string {
  const bytes = text
    .replaceAll('{host}', host)
    .replaceAll('{port}', host.replace(/^.*:/, ''))
    .replaceAll('{HOST}', host.toUpperCase())
    .replaceAll('{evil}', evil)
    .replaceAll('{api}', api)
    .replaceAll('{cookie}', cookie);
  return bytes.replace('{length}', () => String(bytes.length - bytes.indexOf('\r\n\r\n') - 4));
}

export interface Answers {
  /** Status of each final answer. */
  statuses: number[];
  text: string;
}

/** Writes these bytes to a connection of their own, then the last request, and reads until it's closed. */
export function exchange(bytes: string, wire: Wire): Promise<Answers> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(wire.host.replace(/^.*:/, '')), '127.0.0.1');
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`Neither answered nor closed in 10 s: ${text}`)));
    socket.on('data', chunk => (text += chunk.toString('latin1')));
    // whoever cuts a connection with bytes unread resets it
    socket.on('error', error =>
      'code' in error && /^(?:ECONNRESET|EPIPE)$/.test(String(error.code)) ? undefined : reject(error),
    );
    socket.on('close', () => resolve({ statuses: statusesOf(text), text }));
    socket.write(bytes + filled(LAST, wire), 'latin1');
  });
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => Number(status));
}
