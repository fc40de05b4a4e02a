import { once } from 'node:events';
import type { Server } from 'node:http';

export interface RunningServer {
  /** Origin without a trailing slash. */
  url: string;
  /** Cuts open connections, so that it ends even while an answer hangs. */
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Listens on loopback only: these servers let everybody in. Port 0 takes a free one. */
export async function listen(server: Server, port: number, host = '127.0.0.1'): Promise<RunningServer> {
  if (!LOOPBACK.has(host)) throw new Error(`A development server listens on loopback only, not on ${host}.`);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
