import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeFrame, Frames } from './websocket-frames.js';

/** Milliseconds in which an end may read its last words and close, too. */
const LINGERING = 500;
/** Milliseconds of silence after which TCP asks whether the other end is still there; one that doesn't answer is gone some ten seconds later. */
const KEEP_ALIVE = 30_000;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1: an end goes away. */
export const GOING_AWAY = 1001;

/** The browser's WebSocket and the API's, byte for byte in both directions, each as fast as the other end reads. When one end closes, the other does. */
export class Tunnel {
  private readonly toBrowser = new Frames();
  private readonly toApi = new Frames();

  constructor(
    private readonly browser: Socket,
    private readonly api: Duplex,
  ) {
    for (const socket of [browser, api]) {
      if (socket instanceof Socket) socket.setTimeout(0).setKeepAlive(true, KEEP_ALIVE);
      socket.once('finish', () => destroyLate(socket));
    }
    closeAfter(browser, api);
    closeAfter(api, browser);
    pass(api, this.toBrowser, browser);
    pass(browser, this.toApi, api);
  }

  onceClosed(closed: () => void): void {
    this.browser.once('close', closed);
  }

  /** Nothing passes any more. The browser learns why, where that can be said: in the midst of a frame it's cut off. */
  end(code: number, reason: string): void {
    this.api.unpipe(this.browser);
    this.browser.unpipe(this.api);
    sayLast(this.browser, this.toBrowser, closeFrame(code, reason));
    sayLast(this.api, this.toApi, closeFrame(GOING_AWAY, '', randomBytes(4)));
  }
}

function pass(from: Duplex, frames: Frames, to: Duplex): void {
  from.on('data', (chunk: Buffer) => frames.read(chunk)).pipe(to);
}

/** A regular end has been passed on by then, and what was sent before it may still be on its way. */
function closeAfter(one: Duplex, other: Duplex): void {
  one.once('close', () => {
    if (!other.writableEnded) other.destroy();
  });
}

function sayLast(socket: Duplex, frames: Frames, close: Buffer): void {
  if (!frames.mayClose || socket.writableEnded) return void socket.destroy();
  socket.resume().end(close);
  destroyLate(socket);
}

function destroyLate(socket: Duplex): void {
  const late = setTimeout(() => socket.destroy(), LINGERING).unref();
  socket.once('close', () => clearTimeout(late));
}
