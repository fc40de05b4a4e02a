import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { type AuthorizationServer, CLIENT_ID } from './authorization-server.ts';
import { freePort, ready, type Running, start } from './processes.ts';

/** All instances stand behind one address, as they would behind a load balancer that ends TLS. */
export const HOST = 'app.bench.example';
export const DIST = join(import.meta.dirname, '../../dist');
const DAY = 86_400;

/** The built server in a process of its own. */
export interface Instance extends Running {
  port: number;
}

/** What instances of one deployment have in common. */
export type Deployment = Record<string, string>;

export function deploymentOf(
  { issuer }: Pick<AuthorizationServer, 'issuer'>,
  { url }: Pick<Api, 'url'>,
  storageUrl: string,
): Deployment {
  return {
    NODE_ENV: 'production',
    PUBLIC_URL: `https://${HOST}`,
    ISSUER: issuer,
    CLIENT_ID,
    CLIENT_SECRET: randomBytes(32).toString('base64url'),
    SESSION_KEYS: randomBytes(32).toString('base64url'),
    STORAGE_URL: storageUrl,
    API_ROUTES: `/api=${url}`,
    // nothing expires while it's measured
    SESSION_IDLE_TIMEOUT: String(DAY),
    SESSION_ABSOLUTE_TIMEOUT: String(2 * DAY),
  };
}

/** Resolves when it's ready, as an orchestrator would see it. */
export async function startInstance(
  deployment: Deployment,
  program: string[] = [join(DIST, 'main.js')],
  stdio: 'ignore' | 'ipc' = 'ignore',
): Promise<Instance> {
  if (!existsSync(DIST)) throw new Error('there is no dist: npm run bench builds it');
  const [port, managementPort] = [await freePort(), await freePort()];
  const addresses = { PORT: String(port), MANAGEMENT_PORT: String(managementPort) };
  const running = start(process.execPath, program, {
    env: { PATH: process.env['PATH'], ...deployment, ...addresses },
    stdio: ['ignore', 'ignore', 'pipe', stdio],
  });
  await ready(running, 'the server', async () => (await fetch(`http://127.0.0.1:${managementPort}/health/ready`)).ok);
  return { ...running, port };
}
