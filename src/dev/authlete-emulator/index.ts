import { createServer } from 'node:http';
import { listen, type RunningServer } from '../authorization-server/listen.js';
import { refuseProduction } from '../refuse-production.js';
import type { Fault } from './faults.js';
import { type Credentials, type EmulatorOptions, randomCredentials } from './options.js';
import { type Emulated, type ReceivedCall, serve } from './serve.js';
import { State } from './state.js';

export type { Credentials, EmulatorOptions, Fault, ReceivedCall };

refuseProduction();

/** `url` is the API's base. What tests ask for stands beside it. */
export interface RunningEmulator extends RunningServer {
  credentials: Credentials;
  /** What reached it, in order; a fault's calls too. */
  calls: ReceivedCall[];
  /** Turns its clock. */
  advance(seconds: number): void;
  /** Settings change while it runs; a client that isn't there is added. */
  set(changes: {
    service?: Record<string, unknown>;
    client?: Record<string, unknown> & { clientId: string | number };
  }): void;
  /** Until cleared. */
  fault(api: string, fault: Fault): void;
  clearFaults(): void;
}

/**
 * Authlete's API as far as an authorization server with PAR needs it, in memory: one service, some clients. Checked against the documentation
 * and not against the vendor's service: codes that begin with EMU- are ours. Of what such a server might want, there are no request objects, no rich
 * authorization, no JWT access tokens, and no tokens bound to certificates.
 */
export async function startAuthleteEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  refuseProduction();
  const state = await State.start(options);
  const faults = new Map<string, Fault>();
  const emulated: Emulated = { state, credentials: options.credentials ?? randomCredentials(), calls: [], faults };
  const server = createServer((request, response) => void serve(request, response, emulated));
  return {
    ...(await listen(server, options.port, options.host)),
    credentials: emulated.credentials,
    calls: emulated.calls,
    advance: seconds => state.advance(seconds),
    set: ({ service, client }) => {
      if (service) state.setService(service);
      if (client) state.setClient(client);
    },
    fault: (api, fault) => void faults.set(api, fault),
    clearFaults: () => faults.clear(),
  };
}
