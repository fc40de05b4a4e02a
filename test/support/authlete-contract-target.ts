import { randomInt } from 'node:crypto';
import { type Credentials, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { type ApiVersion, type Call, caller } from './authlete-api.js';
import type { FlowClient } from './authlete-flow.js';

/** What the contract suite talks to. */
export interface ContractTarget {
  versions: { version: ApiVersion; call: Call; stranger: Call }[];
  client: FlowClient;
  /** Left out where a live service has none. */
  strictClient?: FlowClient;
  close(): Promise<void>;
}

/** The emulator; only the runner of `npm run test:authlete-live` says otherwise. */
export async function contractTarget(): Promise<ContractTarget> {
  return process.env['PARLOUR_AUTHLETE_LIVE'] === 'yes' ? liveTarget() : emulatedTarget();
}

async function emulatedTarget(): Promise<ContractTarget> {
  const redirectUri = 'https://client.example/callback';
  const id = () => String(randomInt(1e9, 1e12));
  const client = { clientId: id(), clientSecret: 'a-secret_with-both', redirectUri };
  const strictClient = { clientId: id(), redirectUri };
  const issuer = 'https://as.example';
  const emulator = await startAuthleteEmulator({
    port: 0,
    service: { issuer, pushedAuthReqEndpoint: `${issuer}/as/par`, tokenEndpoint: `${issuer}/as/token` },
    clients: [
      { ...client, redirectUris: [redirectUri], responseTypes: ['CODE', 'CODE_ID_TOKEN'] },
      { ...strictClient, redirectUris: [redirectUri], clientType: 'PUBLIC', parRequired: true, pkceRequired: true },
    ],
  });
  const versions = ['v2', 'v3'] as const;
  return {
    versions: versions.map(version => at(emulator.url, version, emulator.credentials)),
    client,
    strictClient,
    close: () => emulator.close(),
  };
}

function at(url: string, version: ApiVersion, credentials: Credentials) {
  const wrong = { ...credentials, accessToken: 'wrong', apiSecret: 'wrong' };
  return {
    version,
    call: caller({ url, version, credentials }),
    stranger: caller({ url, version, credentials: wrong }),
  };
}

/** Whichever version there is a credential for. The runner has seen to it that there is one. */
function liveTarget(): ContractTarget {
  const url = variable('AUTHLETE_BASE_URL').replace(/\/$/, '');
  const credentials: Credentials = {
    serviceId: variable('AUTHLETE_SERVICE_ID'),
    accessToken: variable('AUTHLETE_ACCESS_TOKEN'),
    apiKey: variable('AUTHLETE_API_KEY'),
    apiSecret: variable('AUTHLETE_API_SECRET'),
  };
  const redirectUri = variable('AUTHLETE_LIVE_REDIRECT_URI');
  const client = {
    clientId: variable('AUTHLETE_LIVE_CLIENT_ID'),
    clientSecret: variable('AUTHLETE_LIVE_CLIENT_SECRET'),
    redirectUri,
  };
  const strict = variable('AUTHLETE_LIVE_STRICT_CLIENT_ID');
  return {
    versions: [
      ...(credentials.apiKey && credentials.apiSecret ? [at(url, 'v2', credentials)] : []),
      ...(credentials.serviceId && credentials.accessToken ? [at(url, 'v3', credentials)] : []),
    ],
    client,
    ...(strict && { strictClient: { clientId: strict, redirectUri } }),
    close: async () => undefined,
  };
}

function variable(name: string): string {
  return process.env[name] ?? '';
}
