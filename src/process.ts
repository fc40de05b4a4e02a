import type { Server } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { errorCode } from './environment/variables.js';

/** A line to people; events go to the log. */
export function say(text: string, to: NodeJS.WriteStream = process.stdout): void {
  to.write(`${text}\n`);
}

/**
 * Bodies that pass leave buffers to the garbage collector. V8 collects what is young when four times this many megabytes of such buffers are there, and the
 * whole heap, which takes fifty times as long, at 64 of all: with the 32 of Node 24 it's always the whole heap. The young one's own size was set before.
 */
export function collectBuffersYoung(): void {
  setFlagsFromString('--scavenger-max-new-space-capacity-mb=4');
}

export interface Closable {
  close(): Promise<void>;
}

/** `SIGTERM` and `SIGINT` end it gracefully; a second signal at once. */
export function closeOnSignal(...running: Closable[]): void {
  const close = async () => {
    for (const one of running) await one.close();
  };
  let closing = false;
  const signalled = () => {
    if (closing) process.exit(1);
    closing = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', signalled).on('SIGINT', signalled);
}

/** Requests under way may finish; after so many seconds their connections are cut. */
export async function closeWithin(
  seconds: number,
  app: Closable,
  http: Pick<Server, 'closeAllConnections' | 'closeIdleConnections'>,
): Promise<void> {
  const late = setTimeout(() => http.closeAllConnections(), seconds * 1000);
  // Node closes only those that are idle now: one that is kept alive after its last answer would hold everything up
  const idle = setInterval(() => http.closeIdleConnections(), 100);
  await app.close();
  clearTimeout(late);
  clearInterval(idle);
}

const LISTEN_FAILURES: Record<string, string> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'that needs a right which this process doesn’t have',
  EADDRNOTAVAIL: 'this machine doesn’t have that address',
};

/** In the operator's words, with the variable to change. */
export function cantListen(variable: string, host: string, port: number): (cause: unknown) => never {
  return cause => {
    const reason = LISTEN_FAILURES[errorCode(cause)] ?? reasonOf(cause);
    throw new Error(`it can’t listen on ${host}:${port} (${variable}): ${reason}`, { cause });
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
