import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RequestNote } from './request-note.js';

/** The connection of a request that asks for another protocol (RFC 9110 §7.8). */
export interface Upgrade {
  /** A body, or bytes of the other protocol, came with the head: nobody will read them as what they were meant. */
  readonly hasMore: boolean;
  /** For whoever has sent the head of a `101`: the connection is theirs from now on. */
  take(): Socket;
}

/** Since Node 24.9, and not yet in its types: what makes an upgrade of a request. Before, one listener makes an upgrade of each. */
interface Deciding {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
}

type Emit = (event: string, ...parameters: unknown[]) => boolean;

const upgrades = new RequestNote<Upgrade>();

export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request);
}

/**
 * From now on an upgrade to WebSocket at an address of ours is a request like any other of the same application. It comes before the listeners of others:
 * those of `ws` and of socket.io end each upgrade that isn't theirs. What nobody else takes either is a request without its upgrade, as it is on a server
 * that has no listener at all (RFC 9110 §7.8).
 */
export function acceptUpgrades(server: Server & Deciding, isOurs: (url: string) => boolean): void {
  // one of its overloads, for all events
  const emit: Emit = server.emit.bind(server);
  const cut = server.closeAllConnections.bind(server);
  const connections = new Set<Duplex>();
  const asRequest = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    connections.add(socket.once('close', () => connections.delete(socket)));
    const response = answerOf(request, socket, head);
    return response !== undefined && emit('request', request, response);
  };
  const first: Emit = (event, ...parameters) => {
    const [request, socket, head] = parameters as [IncomingMessage, Duplex, Buffer]; // of `upgrade` (node:http)
    return event === 'upgrade' && isOurs(request.url ?? '')
      ? asRequest(request, socket, head)
      : emit(event, ...parameters);
  };
  // node:http knows nothing of them any more
  const closeAllConnections = () => {
    cut();
    for (const socket of connections) socket.destroy();
  };
  Object.assign(server, { emit: first, closeAllConnections });
  const wasUpgrade = server.shouldUpgradeCallback?.bind(server);
  if (wasUpgrade) {
    server.shouldUpgradeCallback = request =>
      isOurs(request.url ?? '') ? namesWebSocket(request) : server.listenerCount('upgrade') > 1 && wasUpgrade(request);
  }
  server.on('upgrade', (...parameters) => {
    if (server.listenerCount('upgrade') === 1) asRequest(...parameters);
  });
}

/** An answer on this connection, and its last one: node:http has let go of it, and nobody reads another request there. */
function answerOf(request: IncomingMessage, socket: Duplex, head: Buffer): ServerResponse | undefined {
  const leave = () => socket.destroy();
  // its close says as much
  socket.on('error', () => {});
  if (!(socket instanceof Socket)) return void leave();
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  if (!isAssigned(response, socket)) return void leave();
  // nothing may come before the answer (RFC 6455 §4.1), and who leaves is heard only by reading
  socket.on('data', leave).on('end', leave);
  const drain = () => response.emit('drain');
  socket.on('drain', drain);
  const take = () => {
    response.detachSocket(socket);
    return socket.off('data', leave).off('end', leave).off('drain', drain).pause();
  };
  response.once('finish', () => take().destroySoon());
  upgrades.set(request, { hasMore: head.length > 0 || declaresBody(request), take });
  return response;
}

/** Not while an earlier request on the connection waits for its answer: node:http throws then. Nobody means a handshake that comes behind a call. */
function isAssigned(response: ServerResponse, socket: Socket): boolean {
  try {
    response.assignSocket(socket);
    return true;
  } catch {
    return false;
  }
}

function namesWebSocket({ headers }: IncomingMessage): boolean {
  return /\bwebsocket\b/i.test(headers.upgrade ?? '');
}

function declaresBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
