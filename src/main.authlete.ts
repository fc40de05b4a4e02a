import { loadAccounts } from './authlete/configuration.js';
import { startAuthleteServer } from './authlete/server.js';
import { inLines, NATIVE_APP, registeredClient, registeredService } from './development/authlete-registration.js';
import { type AuthleteDemo, beside, configureAuthleteDemo, randomSecret } from './development/authlete-settings.js';
import { type Demo, lines, runDemo } from './development/run.js';
import { type Closable, say } from './process.js';
import { startServer } from './server.js';

const DATA = './data/authlete';

/** The demo SPA, the BFF, the authorization server's endpoints and an API; behind them Authlete, or the emulator of it. */
async function start(): Promise<Demo> {
  const demo = await configureAuthleteDemo(DATA);
  const { authlete, bff, emulated } = demo;
  if (!emulated) say(registration(demo));
  const running: Closable[] = emulated ? [await startEmulator(demo)] : [];
  running.unshift(await startAuthleteServer(authlete, await loadAccounts(authlete.accountsModule)));
  const { startDemoApi } = await import('./dev/demo-api/index.js');
  const { port } = beside(authlete.port).api;
  running.unshift(await startDemoApi({ port, introspection: authlete.options.api }));
  running.unshift(await startServer(bff));
  return { running, greeting: greeting(demo) };
}

async function startEmulator({ authlete, bff: { bff } }: AuthleteDemo): Promise<Closable> {
  const { startAuthleteEmulator } = await import('./dev/authlete-emulator/index.js');
  const { serviceId = '', accessToken = '' } = authlete.options.api;
  return startAuthleteEmulator({
    port: beside(authlete.port).emulator.port,
    credentials: { serviceId, accessToken, apiKey: randomSecret(), apiSecret: randomSecret() },
    service: registeredService(authlete.options.issuer),
    clients: [
      ...bff.frontends.map(one => ({ ...registeredClient(one, bff.pathPrefix), clientSecret: one.clientSecret })),
      NATIVE_APP,
    ],
  });
}

/** Said ahead of the start, which fails as long as the service isn't so. */
function registration({ authlete, bff: { bff } }: AuthleteDemo): string {
  const indented = (properties: Record<string, unknown>) => ['', ...inLines(properties).map(line => `  ${line}`)];
  return lines(
    `At ${authlete.options.api.baseUrl} the service has to have`,
    ...indented(registeredService(authlete.options.issuer)),
    ...bff.frontends.flatMap(one => ['', 'and a client', ...indented(registeredClient(one, bff.pathPrefix))]),
  );
}

function greeting({ authlete, bff: { server, bff }, emulated }: AuthleteDemo): string {
  const { issuer, api } = authlete.options;
  return lines(
    `Parlour is ready: open ${bff.frontends.map(({ publicUrl }) => publicUrl).join(' or ')}`,
    'Log in as alice, bob or carol, with any password.',
    '',
    `Authorization server  ${issuer}`,
    `Authlete              ${api.baseUrl}${emulated ? ', an emulator of it' : ''}`,
    `API                   ${beside(authlete.port).api.url}`,
    `Health and metrics    http://${server.managementHost}:${server.managementPort}`,
    emulated && `A native app          node examples/native-app.mjs ${issuer} ${NATIVE_APP.clientId}`,
    '',
    `For development only. Secrets and sessions are in ${DATA}. Ctrl-C stops it.`,
  );
}

await runDemo('npm run start:authlete', start, 'stop what listens there, or choose others with AS_PORT');
