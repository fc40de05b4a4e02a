import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Provider, type ClientMetadata, type Configuration } from 'oidc-provider';
import { type Middleware, paths } from '../../src/dev/authorization-server/endpoints.js';
import { interactions } from '../../src/dev/authorization-server/interaction.js';
import { MemoryStorage } from '../../src/dev/authorization-server/memory-storage.js';
import { copyBody, type Issued, recordIssued } from '../../src/dev/authorization-server/recording.js';
import { type Certificate, selfSigned } from './certificates.js';
import { fapiConfiguration, thumbprintOf } from './fapi/configuration.js';
import { KEEP_ALIVE, listen } from './hostile/listen.js';
import { CLIENT_ID } from './parlour.js';

export type FapiEndpoint = 'par' | 'token' | 'userinfo' | 'revocation' | 'jwks' | 'discovery';

/** A request as it came in, whatever was answered. */
export interface FapiRequest {
  endpoint: FapiEndpoint;
  /** Whether it came to the server that asks for client certificates. */
  mtls: boolean;
  headers: IncomingHttpHeaders;
  /** The form; complete once the request has been answered. */
  params: URLSearchParams;
  /** `x5t#S256` of the client certificate that was shown. */
  certificate: string | undefined;
  /** What was answered, and the OAuth `error` in it. */
  status: number;
  error: string | undefined;
}

export interface FapiAuthorizationServer {
  issuer: string;
  /** The certificate that vouches for it, PEM, and the file that holds it: Parlour's `CA_FILE`. */
  ca: string;
  caFile: string;
  requests: FapiRequest[];
  issued: Issued;
  provider: Provider;
  /** Those to an endpoint; of the token endpoint's, those of one grant type. */
  to(endpoint: FapiEndpoint, grantType?: string): FapiRequest[];
  /** Replaces a client's registration: its defaults are those of `startFapiAuthorizationServer`. */
  register(client: Partial<ClientMetadata>): Promise<void>;
  close(): Promise<void>;
}

export interface FapiOptions {
  /** Client metadata over the defaults: `parlour-test`, code and refresh token. Here or later, by `register`. */
  client?: Partial<ClientMetadata>;
  /** PEM: who vouches for clients with `tls_client_auth`. */
  clientCa?: string;
  /** `false`: no `mtls_endpoint_aliases`; the one server asks for certificates, which is optional to show. */
  aliases?: boolean;
  /** oidc-provider's configuration, changed: other features, `requireNonce`, lifetimes. */
  configure?: (configuration: Configuration) => Configuration;
}

/** oidc-provider over TLS with everything of FAPI 2.0: PAR required, mTLS, DPoP, JAR, JARM, encryption, resources, claims, rotation. */
export async function startFapiAuthorizationServer(options: FapiOptions = {}): Promise<FapiAuthorizationServer> {
  const { client, clientCa, aliases = true, configure = same => same } = options;
  const certificate = await selfSigned('127.0.0.1', 'localhost');
  const main = tlsServer(certificate, !aliases, clientCa);
  const mtls = tlsServer(certificate, true, clientCa);
  const issuer = `https://127.0.0.1:${await listen(main)}`;
  const mtlsOrigin = `https://127.0.0.1:${await listen(mtls)}`;
  const storage = new MemoryStorage();
  const configuration = await fapiConfiguration(storage, aliases ? aliasesAt(mtlsOrigin) : undefined);
  const provider = new Provider(issuer, configure({ routes: ROUTES, ...configuration }));
  // Koa would print every connection that a browser drops.
  provider.silent = true;
  const requests: FapiRequest[] = [];
  for (const step of [record(requests, mtlsOrigin), interactions(provider)]) provider.use(step);
  const issued = recordIssued(provider);
  const callback = provider.callback();
  const handle: RequestListener = (request, response) => void callback(request, response);
  for (const server of [main, mtls]) server.on('request', handle);
  const register = async (metadata: Partial<ClientMetadata>) =>
    storage.adapter('Client').upsert(metadata.client_id ?? CLIENT_ID, { ...DEFAULTS, ...metadata }, Infinity);
  if (client) await register(client);
  return {
    issuer,
    ca: certificate.cert,
    caFile: certificate.certFile,
    requests,
    issued,
    provider,
    register,
    to: (endpoint, grantType) =>
      requests.filter(
        request =>
          request.endpoint === endpoint && (grantType === undefined || request.params.get('grant_type') === grantType),
      ),
    close: async () => {
      await Promise.all([main, mtls].map(closed));
    },
  };
}

const DEFAULTS: ClientMetadata = {
  client_id: CLIENT_ID,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

const PATHS = { ...paths, userinfo: '/me' } as const satisfies Record<FapiEndpoint, string>;

const ROUTES = {
  pushed_authorization_request: PATHS.par,
  token: PATHS.token,
  revocation: PATHS.revocation,
  jwks: PATHS.jwks,
  userinfo: PATHS.userinfo,
};

function aliasesAt(origin: string): Record<string, string> {
  return {
    pushed_authorization_request_endpoint: origin + PATHS.par,
    token_endpoint: origin + PATHS.token,
    revocation_endpoint: origin + PATHS.revocation,
    userinfo_endpoint: origin + PATHS.userinfo,
  };
}

function tlsServer({ cert, key }: Certificate, requestCert: boolean, ca: string | undefined): Server {
  const tls = { cert, key, requestCert, rejectUnauthorized: false, ...(ca !== undefined && { ca }) };
  return createServer({ ...tls, keepAliveTimeout: KEEP_ALIVE });
}

function record(requests: FapiRequest[], mtlsOrigin: string): Middleware {
  return async (ctx, next) => {
    const [endpoint] = Object.entries(PATHS).find(([, path]) => path === ctx.path) ?? [];
    if (endpoint === undefined) return void (await next());
    let body = '';
    copyBody(ctx.req, chunk => (body += chunk));
    const request: FapiRequest = {
      // PATHS has no other keys
      endpoint: endpoint as FapiEndpoint,
      mtls: mtlsOrigin === `https://${ctx.host}`,
      headers: ctx.headers,
      params: new URLSearchParams(),
      certificate: thumbprintOf(ctx),
      status: 0,
      error: undefined,
    };
    requests.push(request);
    await next();
    request.params = new URLSearchParams(body);
    request.status = ctx.status;
    request.error = errorIn(ctx.body);
  };
}

function errorIn(body: unknown): string | undefined {
  return typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : undefined;
}

async function closed(server: Server): Promise<void> {
  const end = new Promise(resolve => server.close(resolve));
  server.closeAllConnections();
  await end;
}
