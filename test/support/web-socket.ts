import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ClientOptions, WebSocket } from 'ws';
import type { HttpBrowser } from './http-browser.js';
import { cookieHeader } from './scene.js';

export interface Asked extends ClientOptions {
  url: string;
  /** Whose session cookie it sends. */
  browser?: HttpBrowser;
  protocols?: string[];
}

/** As a page of the app opens it, unless told otherwise. */
function begun({ url, browser, protocols = [], headers, ...more }: Asked): WebSocket {
  const { origin, href } = new URL(url);
  const cookie = browser && cookieHeader(browser, origin);
  const all = { ...(cookie && { cookie }), ...headers };
  const asked = { origin, localAddress: '127.0.0.1', family: 4, ...more, headers: all };
  return new WebSocket(href.replace(/^http/, 'ws'), protocols, asked).on('error', () => {});
}

const opened = new Set<WebSocket>();

export async function openWebSocket(asked: Asked): Promise<WebSocket> {
  const socket = begun(asked);
  opened.add(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve).once('error', reject);
  });
  return socket;
}

export function closeWebSockets(): void {
  for (const socket of opened) socket.terminate();
  opened.clear();
}

export interface Refusal {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
  code: unknown;
}

/** What comes instead of a socket. */
export async function refusal(asked: Asked): Promise<Refusal> {
  const socket = begun(asked);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => resolve(response));
    socket.once('open', () => reject(new Error('it has been opened'))).once('error', reject);
  });
  const { statusCode: status = 0, headers } = answer;
  const body = await text(answer);
  socket.terminate();
  const isProblem = headers['content-type']?.includes('problem+json') === true;
  return { status, headers, body, code: isProblem ? JSON.parse(body).code : undefined };
}

/** Of the `101`. */
export async function headOf(asked: Asked): Promise<IncomingMessage['headers']> {
  const [answer] = (await once(begun(asked), 'upgrade')) as [IncomingMessage];
  answer.socket.destroy();
  return answer.headers;
}

/** The answer to one message. */
export async function echoed(socket: WebSocket, data: string): Promise<string> {
  // as Node has it with ws's default binaryType
  const heard = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(data);
  const [answer] = await heard;
  return answer.toString();
}

/** Code and reason of its end. */
export async function closed(socket: WebSocket): Promise<[code: number, reason: string]> {
  if (socket.readyState === WebSocket.CLOSED) throw new Error('nobody saw how it was closed');
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}
