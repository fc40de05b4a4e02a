import { maxHeaderSize } from 'node:http';
import { type ClientHttp2Session, connect as startSession } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Http2Call } from './call.js';
import { Http2Failure } from './failure.js';

/** Milliseconds after which a connection without calls is closed: undici's, for HTTP/1.1. */
const IDLE = 4000;
/** Calls at a time; what RFC 9113 §6.5.2 recommends that servers take. The next call opens another connection. */
const AT_A_TIME = 100;
/** Of one connection: the identifiers of streams come to an end (§5.1.1). */
const ALL_CALLS = 2 ** 20;
/** Calls that are broken off on one: servers take many for an attack (rapid reset, CVE-2023-44487) and end what is under way for others, from some 100 on. */
const MOST_RESETS = 50;
/** Milliseconds for what is still to be sent, and the server's own end, when a connection is closed. */
const LINGER = 4000;
/** Bytes under way of one answer that nobody reads; and of all of a connection, which node:http2 counts as read when they come. */
const STREAM_WINDOW = 256 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** What each field counts beyond its name and value (§6.5.2). */
const FIELD = 32;

const SETTINGS = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: maxHeaderSize },
  maxHeaderListPairs: maxHeaderSize / FIELD,
  // users share a connection: nothing that one sends shortens what is sent for another, or could be guessed by that (RFC 7541 §7.1)
  maxDeflateDynamicTableSize: 0,
  // as over HTTP/1.1, what a browser says twice is said twice (Node 22 knows no such option, and refuses that)
  strictSingleValueFields: false,
};

/** Calls of many users, each on a stream of its own. */
export class Http2Connection {
  private readonly calls = new Set<Http2Call>();
  private made = 0;
  private resets = 0;
  private isRetired = false;
  private readonly idle = setTimeout(() => {
    if (this.calls.size === 0) void this.retire();
  }, IDLE).unref();
  private readonly done = Promise.withResolvers<void>();

  constructor(
    private readonly session: ClientHttp2Session,
    private readonly socket: Socket,
  ) {
    session.on('goaway', (_code, lastStream) => {
      for (const call of this.calls) call.refuseAfter(lastStream);
    });
    socket.once('close', () => {
      clearTimeout(this.idle);
      this.done.resolve();
    });
  }

  get hasRoom(): boolean {
    const { session, calls } = this;
    if (this.isRetired || session.closed || session.destroyed) return false;
    return calls.size < Math.min(session.remoteSettings.maxConcurrentStreams ?? AT_A_TIME, AT_A_TIME);
  }

  send(call: Http2Call): void {
    const stream = call.start(this.session);
    if (!stream) return;
    this.calls.add(call);
    stream.once('close', () => this.left(call));
    this.made += 1;
    if (this.made === ALL_CALLS) void this.retire();
  }

  /** It takes no more calls, and ends with its last; resolves then. */
  retire(): Promise<void> {
    this.isRetired = true;
    if (this.calls.size === 0) this.end();
    return this.done.promise;
  }

  end(error?: Error): void {
    if (error) this.session.destroy(error);
    else this.session.close(); // what is still to be sent goes first: resets
    // node:http2 would wait for the server's end without any limit
    setTimeout(() => this.socket.destroy(), LINGER).unref();
    this.done.resolve();
  }

  onceClosed(listener: () => void): void {
    this.socket.once('close', listener);
  }

  private left(call: Http2Call): void {
    this.calls.delete(call);
    // perhaps nobody is there any more, and no call would learn that on a connection that is never idle
    if (tookTooLong(call.reason)) this.isRetired = true;
    if (call.wasReset && ++this.resets === MOST_RESETS) this.isRetired = true;
    if (this.calls.size > 0) return;
    if (this.isRetired) this.end();
    else if (!this.session.destroyed) this.idle.refresh();
  }
}

/** Resolves when the server has said how many calls it takes; `timeout`: milliseconds for that. */
export async function openConnection(
  origin: string,
  connect: buildConnector.connector,
  timeout: number,
): Promise<Http2Connection> {
  const socket = await connected(new URL(origin), connect);
  if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
    socket.destroy();
    throw new Http2Failure('NOT_CHOSEN_BY_ALPN');
  }
  const session = startSession(origin, { ...SETTINGS, createConnection: () => socket });
  session.setLocalWindowSize(CONNECTION_WINDOW);
  await settled(session, socket, timeout);
  return new Http2Connection(session, socket);
}

function connected({ hostname, host, protocol, port }: URL, connect: buildConnector.connector): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const address = { hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port };
    connect(address, (error, socket) => (error ? reject(error) : resolve(socket)));
  });
}

async function settled(session: ClientHttp2Session, socket: Socket, timeout: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Http2Failure('ETIMEDOUT')), timeout);
  session.once('remoteSettings', () => resolve());
  // later ones, too: the streams hear of them, and nobody else has to
  session.on('error', reject);
  // what TLS says after its handshake (that it wants a certificate, say) ends neither the socket nor, for those who listen, the session
  socket.on('error', error => {
    reject(error);
    socket.destroy();
  });
  socket.once('close', () => reject(new Http2Failure('CONNECTION_CLOSED')));
  try {
    await promise;
  } catch (error) {
    session.destroy();
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

function tookTooLong(reason: Error | null): boolean {
  return reason !== null && 'code' in reason && reason.code === 'ETIMEDOUT';
}
