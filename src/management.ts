import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Events, Storage } from './bff/index.js';
import type { ServerOptions } from './configuration.js';

export interface Health {
  storage: Storage;
  events: Events;
  /** A shutdown has begun: no new requests, please. */
  leaving: () => boolean;
}

type Answer = (response: ServerResponse, health: Health) => Promise<void>;

const ENDPOINTS: Record<string, Answer> = {
  '/health/live': async response => json(response, 200, 'up'),
  '/health/ready': async (response, health) => {
    const ready = await isReady(health);
    json(response, ready ? 200 : 503, ready ? 'up' : 'down');
  },
  '/metrics': async (response, { events: { registry } }) => {
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
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
  await once(server, 'listening');
  return server;
}

/** Probes ask with HEAD, too, and Prometheus may add a query. */
function endpointFor({ method, url = '' }: IncomingMessage, response: ServerResponse): Answer {
  const [path = ''] = url.split('?', 1);
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  if (!endpoint) return async () => json(response, 404, 'not found');
  if (method === 'GET' || method === 'HEAD') return endpoint;
  return async () => json(response.setHeader('Allow', 'GET, HEAD'), 405, 'method not allowed');
}

/** Never the authorization server: its outage would take every instance out. */
async function isReady({ storage, leaving }: Health): Promise<boolean> {
  if (leaving()) return false;
  return storage.ping().then(
    () => true,
    () => false,
  );
}

function json(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status }));
}
