import { type Configuration, ConfigurationError, readConfiguration } from './configuration.js';
import { type Closable, closeOnSignal, say } from './process.js';
import { startServer } from './server.js';

const AUTHORIZATION_SERVER = { port: 3001, issuer: 'http://127.0.0.1:3001' };
const API = { port: 3002, url: 'http://127.0.0.1:3002', audience: 'urn:parlour:demo-api' };
const VITE = { port: 5173, url: 'http://localhost:5173' };
const DATA = './data';

/** Everything on one laptop, with no configuration: the demo SPA, the BFF, an authorization server and an API. Never in production. */
async function start(withVite: boolean): Promise<void> {
  // behind dynamic imports: a production install has nothing of this
  const { refuseProduction } = await import('./dev/refuse-production.js');
  refuseProduction();
  const configuration = await configure(withVite);
  const running: Closable[] = [];
  if (hasOwnServers(configuration)) running.push(...(await startOwnServers(configuration)));
  if (withVite) running.push(await (await import('./dev/vite.js')).startVite('client-demo', VITE.port));
  running.unshift(await startServer(configuration));
  closeOnSignal(...running);
  say(greeting(configuration, withVite));
}

/** Whoever names another authorization server has to bring a client of theirs, too. */
async function configure(withVite: boolean): Promise<Configuration> {
  const { developmentSecrets } = await import('./dev/secrets.js');
  const { SESSION_KEYS, CLIENT_SECRET } = developmentSecrets(DATA);
  const ours = {
    STORAGE_URL: `file:${DATA}`,
    SESSION_KEYS,
    ...(withVite ? { SPA_DEV_URL: VITE.url } : { SPA_DIR: 'client-demo/dist' }),
  };
  const demo = {
    ISSUER: AUTHORIZATION_SERVER.issuer,
    CLIENT_ID: 'parlour-demo',
    CLIENT_SECRET,
    SCOPE: 'openid profile email offline_access orders:read',
    API_ROUTES: `/api=${API.url}`,
  };
  const whole = readConfiguration(undefined, { ...ours, ...demo, PUBLIC_URL: 'http://localhost:3000' });
  const PUBLIC_URL = `http://localhost:${whole.server.port}`;
  return readConfiguration(undefined, { ...ours, ...(hasOwnServers(whole) && demo), PUBLIC_URL });
}

function hasOwnServers({ bff }: Configuration): boolean {
  return bff.frontends.every(({ issuer }) => issuer === AUTHORIZATION_SERVER.issuer);
}

async function startOwnServers({ bff }: Configuration): Promise<Closable[]> {
  const { startAuthorizationServer } = await import('./dev/authorization-server/index.js');
  const { startDemoApi } = await import('./dev/demo-api/index.js');
  const clients = bff.frontends.map(({ clientId, clientSecret = '', publicUrl }) => ({
    clientId,
    clientSecret,
    redirectUris: [`${publicUrl}${bff.pathPrefix}/callback`],
    postLogoutRedirectUris: [`${publicUrl}${bff.pathPrefix}/logout/callback`],
  }));
  const { port, issuer } = AUTHORIZATION_SERVER;
  const api = { audience: API.audience, scopes: ['orders:read', 'orders:write'] };
  return [
    await startAuthorizationServer({ port, clients, api }),
    await startDemoApi({ port: API.port, issuer, audience: API.audience }),
  ];
}

/** Of the ports that no variable chooses; the server itself says the rest. */
function explained(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
  const reason = taken
    ? `port ${String(error.port)} is taken, perhaps by another npm start: stop what listens there`
    : error instanceof Error
      ? error.message
      : String(error);
  return `Parlour can’t start: ${reason}`;
}

function greeting(configuration: Configuration, withVite: boolean): string {
  const { server, bff } = configuration;
  const own = hasOwnServers(configuration);
  const lines: [boolean, string][] = [
    [true, `Parlour is ready: open ${bff.frontends.map(({ publicUrl }) => publicUrl).join(' or ')}`],
    [own, 'Log in as alice, bob or carol, with any password.'],
    [true, ''],
    [own, `Authorization server  ${AUTHORIZATION_SERVER.issuer}`],
    [own, `API                   ${API.url}`],
    [withVite, `Vite, hot reload      ${VITE.url}`],
    [true, `Health and metrics    http://${server.managementHost}:${server.managementPort}`],
    [true, ''],
    [true, `For development only. Secrets and sessions are in ${DATA}. Ctrl-C stops it.`],
  ];
  const shown = lines.filter(([is]) => is).map(([, text]) => (text === '' ? '' : `  ${text}`));
  return ['', ...shown, ''].join('\n');
}

try {
  await start(process.argv.includes('--vite'));
} catch (error) {
  say(explained(error), process.stderr);
  // whatever was open by then must not keep the process
  process.exit(1);
}
