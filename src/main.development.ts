import type { Configuration } from './configuration.js';
import { ownDefaults, readDemoConfiguration } from './development/bff.js';
import { type Demo, lines, runDemo } from './development/run.js';
import type { Closable } from './process.js';
import { startServer } from './server.js';

const AUTHORIZATION_SERVER = { port: 3001, issuer: 'http://127.0.0.1:3001' };
const API = { port: 3002, url: 'http://127.0.0.1:3002', audience: 'urn:parlour:demo-api' };
const VITE = { port: 5173, url: 'http://localhost:5173' };
const DATA = './data';

/** With no configuration: the demo SPA, the BFF, an authorization server and an API. */
async function start(withVite: boolean): Promise<Demo> {
  const configuration = await configure(withVite);
  const running: Closable[] = [];
  if (hasOwnServers(configuration)) running.push(...(await startOwnServers(configuration)));
  if (withVite) running.push(await (await import('./dev/vite.js')).startVite('client-demo', VITE.port));
  running.unshift(await startServer(configuration));
  return { running, greeting: greeting(configuration, withVite) };
}

/** Whoever names another authorization server has to bring a client of theirs, too. */
async function configure(withVite: boolean): Promise<Configuration> {
  const { own, CLIENT_SECRET } = await ownDefaults(DATA);
  const ours = { ...own, ...(withVite ? { SPA_DEV_URL: VITE.url } : { SPA_DIR: 'client-demo/dist' }) };
  const demo = {
    ISSUER: AUTHORIZATION_SERVER.issuer,
    CLIENT_ID: 'parlour-demo',
    CLIENT_SECRET,
    SCOPE: 'openid profile email offline_access orders:read',
    API_ROUTES: `/api=${API.url}`,
  };
  const whole = readDemoConfiguration({ ...ours, ...demo });
  return hasOwnServers(whole) ? whole : readDemoConfiguration(ours);
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
    backchannelLogoutUri: `${publicUrl}${bff.pathPrefix}/backchannel-logout`,
  }));
  const { port, issuer } = AUTHORIZATION_SERVER;
  const api = { audience: API.audience, scopes: ['orders:read', 'orders:write'] };
  return [
    await startAuthorizationServer({ port, clients, api }),
    await startDemoApi({ port: API.port, issuer, audience: API.audience }),
  ];
}

function greeting(configuration: Configuration, withVite: boolean): string {
  const { server, bff } = configuration;
  const own = hasOwnServers(configuration);
  return lines(
    `Parlour is ready: open ${bff.frontends.map(({ publicUrl }) => publicUrl).join(' or ')}`,
    own && 'Log in as alice, bob or carol, with any password.',
    '',
    own && `Authorization server  ${AUTHORIZATION_SERVER.issuer}`,
    own && `API                   ${API.url}`,
    withVite && `Vite, hot reload      ${VITE.url}`,
    `Health and metrics    http://${server.managementHost}:${server.managementPort}`,
    '',
    `For development only. Secrets and sessions are in ${DATA}. Ctrl-C stops it.`,
  );
}

await runDemo('npm start', () => start(process.argv.includes('--vite')));
