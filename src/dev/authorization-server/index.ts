import { createServer } from 'node:http';
import type Provider from 'oidc-provider';
import { refuseProduction } from '../refuse-production.js';
import type { BackChannelEndpoint } from './endpoints.js';
import { type Fault, injectFaults } from './faults.js';
import { interactions } from './interaction.js';
import { listen, type RunningServer } from './listen.js';
import { MemoryStorage } from './memory-storage.js';
import type { AuthorizationServerOptions, DevelopmentClient } from './options.js';
import { securityHeaders } from './page.js';
import { clientMetadata, createProvider } from './provider.js';
import { type Issued, recordIssued, recordRequests, type RecordedRequest } from './recording.js';
import { generateSigningKeys } from './signing-keys.js';

export type { AuthorizationServerOptions, BackChannelEndpoint, DevelopmentClient, Fault, Issued, RecordedRequest };
export type { RunningServer };

refuseProduction();

/** `url` is the issuer. What tests ask for stands beside it: records of what went in and out, and ways to make it fail. */
export interface RunningAuthorizationServer extends RunningServer {
  issued: Issued;
  requests: RecordedRequest[];
  /** For a client whose redirect URIs are known only after this server has started. */
  addClient(client: DevelopmentClient): Promise<void>;
  /** The subject's refresh tokens stop working: `invalid_grant`. */
  revokeGrantsOf(sub: string): void;
  /** `undefined` heals the endpoint. */
  setFault(endpoint: BackChannelEndpoint, fault: Fault | undefined): void;
}

/** A real authorization server for development and tests: oidc-provider with its own login page. Any password will do. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<RunningAuthorizationServer> {
  refuseProduction();
  const jwks = await generateSigningKeys();
  const server = createServer();
  const running = await listen(server, options.port, options.host);
  const storage = new MemoryStorage();
  const requests: RecordedRequest[] = [];
  const faults = new Map<BackChannelEndpoint, Fault>();
  const provider = createProvider(running.url, options, storage, jwks);
  for (const step of [securityHeaders, recordRequests(requests), injectFaults(faults), interactions(provider)]) {
    provider.use(step);
  }
  reportErrors(provider, options.log);
  const issued = recordIssued(provider);
  const handle = provider.callback();
  server.on('request', (req, res) => void handle(req, res));
  return {
    ...running,
    issued,
    requests,
    addClient: async client => {
      await storage.adapter('Client').upsert(client.clientId, clientMetadata(client));
    },
    revokeGrantsOf: sub => storage.revokeGrantsOf(sub),
    setFault: (endpoint, fault) => void (fault ? faults.set(endpoint, fault) : faults.delete(endpoint)),
  };
}

function reportErrors(provider: Provider, log: (line: string) => void = () => undefined): void {
  // Koa would print every connection that a browser drops.
  provider.silent = true;
  provider.on('server_error', (_ctx, error) => log(`authorization server: ${error.message}`));
  provider.on('backchannel.error', (_ctx, error) => log(`back-channel logout: ${error.message}`));
}
