import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen } from './hostile/listen.js';

/** An API that takes WebSockets, by another implementation than ours, and echoes what it hears. */
export interface WebSocketApi {
  url: string;
  /** What reached it, handshakes and others. */
  handshakes: IncomingMessage[];
  /** Its ends of what is open. */
  sockets: Set<WebSocket>;
  /** What it answers to a call; 200 without it. */
  reply: RequestListener | undefined;
  /** What it does with a handshake instead of taking it. */
  instead: ((request: IncomingMessage, socket: Duplex, accept: () => void) => void) | undefined;
  close(): Promise<void>;
}

export async function startWebSocketApi(): Promise<WebSocketApi> {
  const server = createServer((request, response) => {
    api.handshakes.push(request);
    if (api.reply) api.reply(request, response);
    else response.end('{"ok":true}');
  });
  const connections = new Set<Socket>();
  server.on('connection', socket => {
    connections.add(socket.once('close', () => connections.delete(socket)));
  });
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
  webSockets.on('connection', socket => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })).on('error', () => {});
  });
  server.on('upgrade', (request, socket, head) => {
    api.handshakes.push(request);
    const emit = (client: WebSocket) => void webSockets.emit('connection', client, request);
    const accept = () => webSockets.handleUpgrade(request, socket, head, emit);
    if (api.instead)
      api.instead(
        request,
        socket.on('error', () => {}),
        accept,
      );
    else accept();
  });
  const api: WebSocketApi = {
    url: `http://127.0.0.1:${await listen(server)}`,
    handshakes: [],
    sockets: webSockets.clients,
    reply: undefined,
    instead: undefined,
    close: async () => {
      server.close();
      for (const connection of connections) connection.destroy();
      await once(server, 'close');
    },
  };
  return api;
}
