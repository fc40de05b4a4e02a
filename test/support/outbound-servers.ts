import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificates.js';
import { listen } from './hostile/listen.js';

export interface Front {
  port: number;
  /** Connections that it took. */
  connections: number;
  close(): Promise<void>;
}

/** TLS in front of a plain server: an https authorization server or API for the price of a certificate. */
export async function startTlsFront({ cert, key }: Certificate, upstream: number): Promise<Front> {
  return counted(createTlsServer({ cert, key }, socket => join(socket, connect(upstream, '127.0.0.1'))));
}

/** Whoever comes here was led astray. */
export async function startTrap(): Promise<Front> {
  return counted(createTcpServer(socket => socket.destroy()));
}

export interface Proxy {
  url: string;
  /** What it was asked for: `CONNECT as.test:443`, `GET http://as.internal/x`. */
  asked: string[];
  /** The credentials that came along. */
  credentials: (string | undefined)[];
  close(): Promise<void>;
}

/** A company's forward proxy: the only one who knows where `names` are. */
export async function startProxy(names: Record<string, number>): Promise<Proxy> {
  const server = createHttpServer();
  const sockets = openSockets(server);
  const proxy: Proxy = { url: '', asked: [], credentials: [], close: () => closeAll(server, sockets) };
  server.on('connect', (request, socket: Socket) => {
    const { url = '', headers } = request;
    proxy.asked.push(`CONNECT ${url}`);
    proxy.credentials.push(headers['proxy-authorization']);
    const port = names[url.split(':')[0] ?? ''];
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    join(socket, connect(port, '127.0.0.1'));
  });
  server.on('request', (request, response) => {
    const { method, headers, url = '' } = request;
    proxy.asked.push(`${method} ${url}`);
    const { hostname, pathname, search } = new URL(url);
    const options = { host: '127.0.0.1', port: names[hostname], path: pathname + search, method, headers };
    request.pipe(
      httpRequest(options, answer => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers))),
    );
  });
  proxy.url = `http://127.0.0.1:${await listen(server)}`;
  return proxy;
}

async function counted(server: Server): Promise<Front> {
  const sockets = openSockets(server);
  const front: Front = { port: await listen(server), connections: 0, close: () => closeAll(server, sockets) };
  server.on('connection', () => (front.connections += 1));
  return front;
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
}

function openSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closeAll(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve));
  sockets.forEach(socket => socket.destroy());
  await closed;
}
