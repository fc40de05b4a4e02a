import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { sendPage } from '../../src/dev/authorization-server/page.js';
import { logoutPage } from '../../src/dev/authorization-server/pages.js';
import { type FapiAuthorizationServer, startFapiAuthorizationServer } from './fapi-authorization-server.js';
import { freePort } from './free-port.js';
import { HttpBrowser } from './http-browser.js';
import { type Parlour, startParlour, temporaryDirectory } from './parlour.js';
import { type Bound, startStrictApi, type StrictApi } from './strict-api.js';

const AUDIENCE = 'urn:parlour:strict-api';

/** Parlour between an authorization server that binds tokens and an API that takes no others. */
export interface BoundScene {
  server: FapiAuthorizationServer;
  api: StrictApi;
  parlour: Parlour;
  /** Another browser, logged in. */
  login(url?: string): Promise<HttpBrowser>;
  /** Another instance on the same storage, with other variables where they are given. */
  another(environment?: Record<string, string>): Promise<Parlour>;
  close(): Promise<void>;
}

export interface BoundOptions {
  bound: Bound;
  client: Partial<ClientMetadata>;
  environment: Record<string, string>;
  /** Beside `apiRoutes`, which has `/api` for the API. */
  route?: Record<string, unknown>;
  /** Further routes to the same API. */
  more?: { path: string; webSocket?: boolean }[];
  /** PEM: who vouches for clients with `tls_client_auth`. */
  clientCa?: string;
  /** Of several resources that were granted, the one whose token a request gets that names none; `undefined`: that is refused. */
  defaultResource?: string;
  /** Whether proofs at the authorization server need its nonce. */
  requireNonce?: () => boolean;
}

export async function startBoundScene(options: BoundOptions): Promise<BoundScene> {
  const {
    bound,
    client,
    environment,
    clientCa,
    route = {},
    more = [],
    requireNonce = () => false,
    defaultResource,
  } = options;
  const configure = (same: Configuration) => withDefault(withNonces(same, requireNonce), defaultResource);
  const server = await startFapiAuthorizationServer({ configure, ...(clientCa !== undefined && { clientCa }) });
  const api = await startStrictApi(server, AUDIENCE, bound);
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  await server.register({
    redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/logout/callback`],
    ...client,
  });
  const upstream = `${api.origin}/v1`;
  const configFile = { apiRoutes: [{ path: '/api', upstream, ...route }, ...more.map(one => ({ upstream, ...one }))] };
  const all = {
    PORT: port,
    CA_FILE: bundle(server.ca, api.ca),
    SCOPE: 'openid profile offline_access orders:read',
    OUTBOUND_TIMEOUT: '60',
    RESOURCE: AUDIENCE,
    ...environment,
  };
  const parlour = await startParlour(server.issuer, all, configFile);
  const others: Parlour[] = [];
  return {
    server,
    api,
    parlour,
    login: (at = parlour.url) => loggedIn(at, server.ca),
    another: async changes => {
      const { PORT: _port, PUBLIC_URL: _publicUrl, ...same } = parlour.environment;
      const other = await startParlour(server.issuer, { ...same, ...changes });
      others.push(other);
      await server.register({
        redirect_uris: [parlour, ...others].map(one => `${one.url}/callback`),
        ...client,
      });
      return other;
    },
    close: async () => {
      for (const one of [...others, parlour, api, server]) await one.close();
    },
  };
}

function withNonces(configuration: Configuration, requireNonce: () => boolean): Configuration {
  const { features = {} } = configuration;
  const dPoP = { ...features.dPoP, requireNonce };
  const logoutSource = (ctx: KoaContextWithOIDC, form: string) => sendPage(ctx, logoutPage(form, false));
  return { ...configuration, features: { ...features, dPoP, rpInitiatedLogout: { enabled: true, logoutSource } } };
}

function withDefault(configuration: Configuration, resource: string | undefined): Configuration {
  const { features = {} } = configuration;
  if (resource === undefined) return configuration;
  const resourceIndicators = { ...features.resourceIndicators, defaultResource: () => resource };
  return { ...configuration, features: { ...features, resourceIndicators } };
}

function bundle(...certificates: string[]): string {
  const file = join(temporaryDirectory(), 'ca.pem');
  writeFileSync(file, certificates.map(one => `${one}\n`).join(''));
  return file;
}

async function loggedIn(url: string, ca: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser({ ca });
  await browser.navigate(`${url}/login`);
  if (browser.origin !== url) await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
  if (browser.url !== `${url}/`) throw new Error(`no login: ${browser.url} ${browser.page?.body}`);
  return browser;
}
