import { randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import type { Accounts } from '../../src/authlete/index.js';
import { startAuthleteServer } from '../../src/authlete/server.js';
import { type RunningEmulator, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { advertised, apiOf } from './authlete-application.js';
import { type Clients, type Identity, makeClients, type RegisteredClient } from './authlete-clients.js';
import { type Certificate, selfSigned } from './certificates.js';
import { freePort } from './free-port.js';
import { HttpBrowser } from './http-browser.js';
import { mutualTls } from './mutual-tls.js';

/** Our authorization server on the emulator, over TLS, with a client for each way to authenticate. */
export interface Stage {
  issuer: string;
  /** The certificate that vouches for the server, as a file. */
  caFile: string;
  emulator: RunningEmulator;
  clients: Clients;
  /** openid-client as this client, or as somebody who says to be it. */
  connect(who: RegisteredClient, as?: Identity): Promise<client.Configuration>;
  browser(): HttpBrowser;
  close(): Promise<void>;
}

/** Somebody in front of the server, who ends TLS. */
export interface Terminator {
  style: 'nginx' | 'rfc9440';
  start(at: { port: number; upstream: number; certificate: Certificate }): Promise<{ close(): Promise<void> }>;
}

export async function startStage(terminator?: Terminator): Promise<Stage> {
  const [port, upstream] = [await freePort(), await freePort()];
  const issuer = `https://localhost:${port}`;
  const [certificate, clients] = [await selfSigned('localhost'), await makeClients()];
  const emulator = await startAuthleteEmulator({
    port: 0,
    service: serviceFor(issuer, clients),
    clients: Object.values(clients.all).map(({ registered }) => registered),
  });
  const options = optionsFor(issuer, emulator, terminator);
  const server = await startAuthleteServer(
    terminator ? { ...options, port: upstream } : { ...options, port, tls: certificate },
    { accounts },
  );
  const front = await terminator?.start({ port, upstream, certificate });
  const network = mutualTls(certificate.cert);
  return {
    issuer,
    caFile: certificate.certFile,
    emulator,
    clients,
    connect: async (who, { authentication, certificate: shown, headers } = who.identity) => {
      const custom = { [client.customFetch]: network.fetchAs(shown, headers) };
      return client.discovery(new URL(issuer), who.registered.clientId, undefined, authentication, custom);
    },
    browser: () => new HttpBrowser({ ca: certificate.cert }),
    close: async () => {
      await network.close();
      await front?.close();
      await server.close();
      await emulator.close();
    },
  };
}

/** The same without TLS, for public clients on this machine. */
export interface PlainStage {
  issuer: string;
  emulator: RunningEmulator;
  close(): Promise<void>;
}

export async function startPlainStage(clients: Record<string, unknown>[]): Promise<PlainStage> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const service = { ...advertised(issuer), parRequired: true, loopbackRedirectionUriVariable: true };
  const emulator = await startAuthleteEmulator({ port: 0, service, clients });
  const server = await startAuthleteServer({ ...optionsFor(issuer, emulator), port }, { accounts });
  const close = async () => {
    await server.close();
    await emulator.close();
  };
  return { issuer, emulator, close };
}

/** The article's settings: requests are pushed, with PKCE; certificates are checked up to a root. */
function serviceFor(issuer: string, { root }: Clients): Record<string, unknown> {
  return {
    ...advertised(issuer),
    parRequired: true,
    pkceRequired: true,
    pkceS256Required: true,
    mutualTlsValidatePkiCertChain: true,
    trustedRootCertificates: [root.cert],
  };
}

function optionsFor(issuer: string, emulator: RunningEmulator, terminator?: Terminator) {
  return {
    host: '127.0.0.1',
    production: false,
    logLevel: 'error' as const,
    options: {
      issuer,
      api: apiOf(emulator, 'v3'),
      cookieKeys: [randomBytes(32).toString('base64url')],
      ...(terminator && { trustedTlsTerminator: { style: terminator.style, addresses: ['127.0.0.1'] } }),
    },
  };
}

const ALICE = { subject: 'alice', name: 'Alice Abbott', claims: { name: 'Alice Abbott' } };

const accounts: Accounts = {
  authenticate: async username => (username === 'alice' ? ALICE : undefined),
  find: async subject => (subject === 'alice' ? ALICE : undefined),
};
