import { randomBytes, randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  type AuthleteConfiguration,
  loadAccounts,
  namesService,
  readAuthleteConfiguration,
} from './authlete/configuration.js';
import { startAuthleteServer } from './authlete/server.js';
import { type Configuration, ConfigurationError } from './configuration.js';
import { inLines, NATIVE_APP, registeredClients, registeredService } from './development/authlete-registration.js';
import { ownDefaults, readDemoConfiguration } from './development/bff.js';
import { type Demo, lines, runDemo } from './development/run.js';
import { isLoopbackAddress } from './environment/listener.options.js';
import { type Closable, say } from './process.js';
import { startServer } from './server.js';

const HOST = 'http://127.0.0.1';
const API = { port: 3012, url: `${HOST}:3012` };
const EMULATOR = { port: 3013, url: `${HOST}:3013` };
const MANAGEMENT_PORT = '3014';
const DATA = './data/authlete';
const COMMAND = 'npm run start:authlete';

interface Settings {
  authlete: AuthleteConfiguration & { accountsModule: string };
  bff: Configuration;
}

/** The demo SPA, the BFF, the authorization server's endpoints, an API; behind them Authlete, or the emulator where the environment names no service. */
async function start(): Promise<Demo> {
  const emulated = !namesService();
  const settings = await configure(emulated);
  const { authlete, bff } = settings;
  if (!emulated) say(registration(settings));
  const running: Closable[] = emulated ? [await startEmulator(settings)] : [];
  running.unshift(await startAuthleteServer(authlete, await loadAccounts(authlete.accountsModule)));
  const { startDemoApi } = await import('./dev/demo-api/index.js');
  running.unshift(await startDemoApi({ port: API.port, introspection: authlete.options.api }));
  running.unshift(await startServer(bff));
  return { running, greeting: greeting(settings, emulated) };
}

/** All mistakes of both at once; what both read is told once. */
async function configure(emulated: boolean): Promise<Settings> {
  const problems = new Set<string>();
  const authlete = attempt(() => readAuthlete(emulated), problems);
  const bff = await readBff(authlete?.options.issuer ?? `${HOST}:3011`, emulated, problems);
  if (authlete && !isLoopbackAddress(authlete.host)) {
    problems.add('AS_HOST must be on loopback: any password lets people in here');
  }
  if (authlete && bff?.bff.frontends.some(({ issuer }) => issuer !== authlete.options.issuer)) {
    problems.add(`ISSUER must be ${authlete.options.issuer}, as AS_ISSUER is, or left out`);
  }
  if (problems.size > 0 || !authlete || !bff) {
    throw new ConfigurationError([...problems], 'docs/authlete.md#variables, with docs/contract.md#variables,');
  }
  return { authlete, bff };
}

function attempt<T>(read: () => T, problems: Set<string>): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.problems) problems.add(problem);
    return undefined;
  }
}

/** Clients and browsers are on the same machine, so AS_ISSUER follows AS_PORT. */
function readAuthlete(emulated: boolean): Settings['authlete'] {
  const defaults = {
    AS_COOKIE_KEYS: secret(),
    AS_ACCOUNTS_MODULE: fileURLToPath(new URL('dev/demo-accounts.js', import.meta.url)),
    ...(emulated && {
      AUTHLETE_BASE_URL: EMULATOR.url,
      AUTHLETE_SERVICE_ID: String(randomInt(1e9, 1e12)),
      AUTHLETE_ACCESS_TOKEN: secret(),
    }),
  };
  const { port } = readAuthleteConfiguration(undefined, { ...defaults, AS_ISSUER: HOST });
  return readAuthleteConfiguration(undefined, { ...defaults, AS_ISSUER: `${HOST}:${port}` });
}

/** Whoever names a service of Authlete's has to bring a client that is registered there. */
async function readBff(issuer: string, emulated: boolean, problems: Set<string>): Promise<Configuration | undefined> {
  const { own, CLIENT_SECRET } = await ownDefaults(DATA);
  const client = { CLIENT_ID: 'parlour-demo', CLIENT_SECRET, ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256' };
  const demo = {
    ...own,
    SPA_DIR: 'client-demo/dist',
    MANAGEMENT_PORT,
    ISSUER: issuer,
    SCOPE: 'openid profile email offline_access orders:read',
    API_ROUTES: `/api=${API.url}`,
  };
  return attempt(() => readDemoConfiguration({ ...demo, ...(emulated && client) }), problems);
}

async function startEmulator({ authlete, bff }: Settings): Promise<Closable> {
  const { startAuthleteEmulator } = await import('./dev/authlete-emulator/index.js');
  const { serviceId = '', accessToken = '' } = authlete.options.api;
  return startAuthleteEmulator({
    port: EMULATOR.port,
    credentials: { serviceId, accessToken, apiKey: secret(), apiSecret: secret() },
    service: registeredService(authlete.options.issuer),
    clients: [...registeredClients(bff), NATIVE_APP].map(client => ({ ...client, ...secretOf(client, bff) })),
  });
}

function secretOf({ clientId }: Record<string, unknown>, { bff }: Configuration): { clientSecret?: string } {
  const owner = bff.frontends.find(frontend => frontend.clientId === clientId);
  return owner ? { clientSecret: owner.clientSecret } : {};
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

function registration({ authlete, bff }: Settings): string {
  return lines(
    [true, `At ${authlete.options.api.baseUrl}, the service needs`],
    ...inLines(registeredService(authlete.options.issuer)).map((line): [boolean, string] => [true, `  ${line}`]),
    [true, 'and its client'],
    ...registeredClients(bff)
      .flatMap(inLines)
      .map((line): [boolean, string] => [true, `  ${line}`]),
  );
}

function greeting({ authlete, bff: { server, bff } }: Settings, emulated: boolean): string {
  const { issuer, api } = authlete.options;
  return lines(
    [true, `Parlour is ready: open ${bff.frontends.map(({ publicUrl }) => publicUrl).join(' or ')}`],
    [true, 'Log in as alice, bob or carol, with any password.'],
    [true, ''],
    [true, `Authorization server  ${issuer}`],
    [true, `Authlete              ${api.baseUrl}${emulated ? ', an emulator of it' : ''}`],
    [true, `API                   ${API.url}`],
    [true, `Health and metrics    http://${server.managementHost}:${server.managementPort}`],
    [emulated, `A native app          node examples/native-app.mjs ${issuer} ${NATIVE_APP.clientId}`],
    [true, ''],
    [true, `For development only. Secrets and sessions are in ${DATA}. Ctrl-C stops it.`],
  );
}

await runDemo(COMMAND, start);
