import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Events, Storage } from './bff/index.js';
import type { ServerOptions } from './configuration.js';
import { cantListen } from './process.js';

/** What operators ask: of one process, or of all workers. */
export interface Health {
  isReady(): Promise<boolean>;
  /** In Prometheus' text format, with its media type. */
  metrics(): Promise<{ text: string; type: string }>;
}

/** Of this process: the storage can be reached, and no shutdown has begun. Never the authorization server: its outage would take every instance out. */
export function healthOf(storage: Storage, { registry }: Events, isLeaving: () => boolean): Health {
  return {
    isReady: async () =>
      !isLeaving() &&
      storage.ping().then(
        () => true,
        () => false,
      ),
    metrics: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  };
}

type Answer = (response: ServerResponse, health: Health) => Promise<void>;

const ENDPOINTS: Record<string, Answer> = {
  '/health/live': async response => json(response, 200, 'up'),
  '/health/ready': async (response, health) => {
    const ready = await health.isReady();
    json(response, ready ? 200 : 503, ready ? 'up' : 'down');
  },
  '/metrics': async (response, health) => {
    const { text, type } = await health.metrics();
    response.setHeader('Content-Type', type).end(text);
  },
};

/** Health and metrics, on a port of their own: never where the browser could reach them. */
export async function startManagement(
  { managementHost, managementPort }: ServerOptions,
  health: Health,
): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    endpointFor(request, response)(response, health).catch(() => response.destroy());
  });
  server.listen(managementPort, managementHost);
  await once(server, 'listening').catch(cantListen('MANAGEMENT_PORT', managementHost, managementPort));
  return server;
}

/** Whoever asks at this moment is cut off. */
export async function stopManagement(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** Probes ask with HEAD, too, and Prometheus may add a query. */
function endpointFor({ method, url = '' }: IncomingMessage, response: ServerResponse): Answer {
  const [path = ''] = url.split('?', 1);
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  if (!endpoint) return async () => json(response, 404, 'not found');
  if (method === 'GET' || method === 'HEAD') return endpoint;
  return async () => json(response.setHeader('Allow', 'GET, HEAD'), 405, 'method not allowed');
}

function json(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status }));
}
