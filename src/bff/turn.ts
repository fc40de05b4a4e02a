import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that may wait on one connection. Browsers and reverse proxies send none ahead, other clients a few. */
const MOST = 100;

const waiting = new WeakMap<Socket, number>();

/**
 * Requests that a client sends ahead of an answer (pipelining, RFC 9112 §9.3.2) are taken one after the other: node:http would begin them all, and tells
 * none but the first when their connection ends, so that the others’ calls went on at the API for nobody.
 */
export function inTurn({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
  if (response.socket) return begin();
  // by what stands in front of us
  if (response.writableEnded) return;
  const ahead = waiting.get(socket) ?? 0;
  if (ahead === MOST) return void socket.destroy();
  waiting.set(socket, ahead + 1);
  const takeTurn = (): void => {
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
    if (!response.writableEnded) begin();
  };
  // in its own async context, not in that of the answer which makes room
  response.once('socket', AsyncResource.bind(takeTurn));
}
