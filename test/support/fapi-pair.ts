import type { ClientMetadata } from 'oidc-provider';
import {
  type FapiAuthorizationServer,
  type FapiOptions,
  startFapiAuthorizationServer,
} from './fapi-authorization-server.js';
import { freePort } from './free-port.js';
import { type Hop, HttpBrowser } from './http-browser.js';
import { type Parlour, startParlour } from './parlour.js';

export interface FapiPair {
  server: FapiAuthorizationServer;
  parlour: Parlour;
  /** A browser that trusts the authorization server's certificate. */
  browser: () => HttpBrowser;
  /** The whole login, the form included; where it ends. */
  logIn: (browser?: HttpBrowser, parameters?: Record<string, string>) => Promise<Hop>;
  close: () => Promise<void>;
}

/** Parlour and an oidc-provider over TLS, each knowing the other. `client`: what its registration says beside its redirect URI. */
export async function startFapiPair(
  environment: Record<string, string>,
  { client, port, ...options }: FapiOptions & { client: Partial<ClientMetadata>; port?: number },
): Promise<FapiPair> {
  const server = await startFapiAuthorizationServer(options);
  const url = `http://localhost:${port ?? (await freePort())}`;
  await server.register({
    redirect_uris: [`${url}/callback`],
    ...client,
  });
  const parlour = await startParlour(server.issuer, {
    PORT: new URL(url).port,
    CA_FILE: server.caFile,
    SCOPE: 'openid profile offline_access',
    ...environment,
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const browser = () => new HttpBrowser({ ca: server.ca });
  return {
    server,
    parlour,
    browser,
    logIn: async (who = browser(), parameters = {}) => {
      const page = await who.navigate(`${url}/login?${new URLSearchParams(parameters)}`);
      // who is logged in there already isn't asked again
      return new URL(page.url).origin === url
        ? page
        : who.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
    },
    close: async () => {
      await parlour.close();
      await server.close();
    },
  };
}
