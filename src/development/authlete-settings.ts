import { randomBytes, randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type AuthleteConfiguration, namesService, readAuthleteConfiguration } from '../authlete/configuration.js';
import { type Configuration, ConfigurationError } from '../configuration.js';
import { isLoopbackAddress } from '../environment/listener.options.js';
import { ownDefaults, readDemoConfiguration } from './bff.js';

/** What the demo is made of: the endpoints, the BFF, and beside them servers of development. */
export interface AuthleteDemo {
  authlete: AuthleteConfiguration & { accountsModule: string };
  bff: Configuration;
  /** Where no service of Authlete's is named, an emulator stands in. */
  emulated: boolean;
}

const HOST = 'http://127.0.0.1';
const PORT = 3011;
const LAST_PORT = 65_535;

/** The other servers stand beside the endpoints, so AS_PORT moves them all. */
export const beside = (port: number) => ({
  api: { port: port + 1, url: `${HOST}:${port + 1}` },
  emulator: { port: port + 2, url: `${HOST}:${port + 2}` },
  management: port + 3,
});

/** All mistakes of both at once; what both read is told once. */
export async function configureAuthleteDemo(folder: string, env?: NodeJS.ProcessEnv): Promise<AuthleteDemo> {
  const emulated = !namesService(env);
  const problems = new Set<string>();
  const authlete = attempt(() => readAuthlete(emulated, env), problems);
  const defaults = await bffDefaults(folder, emulated, authlete);
  const bff = attempt(() => readDemoConfiguration(defaults, env), problems);
  if (authlete) for (const problem of demoProblems(authlete, bff)) problems.add(problem);
  if (problems.size > 0 || !authlete || !bff) {
    throw new ConfigurationError([...problems], 'docs/authlete.md#variables, with docs/contract.md#variables,');
  }
  return { authlete, bff, emulated };
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
function readAuthlete(emulated: boolean, env?: NodeJS.ProcessEnv): AuthleteDemo['authlete'] {
  const defaults = {
    AS_PORT: String(PORT),
    AS_COOKIE_KEYS: randomSecret(),
    AS_ACCOUNTS_MODULE: fileURLToPath(new URL('../dev/demo-accounts.js', import.meta.url)),
  };
  const credential = { AUTHLETE_SERVICE_ID: String(randomInt(1e9, 1e12)), AUTHLETE_ACCESS_TOKEN: randomSecret() };
  const at = (port: number) => ({
    ...defaults,
    AS_ISSUER: `${HOST}:${port}`,
    ...(emulated && { ...credential, AUTHLETE_BASE_URL: beside(port).emulator.url }),
  });
  return readAuthleteConfiguration(env, at(readAuthleteConfiguration(env, at(PORT)).port));
}

/** Whoever names a service of Authlete's has to bring a client that is registered there. */
async function bffDefaults(folder: string, emulated: boolean, authlete: AuthleteDemo['authlete'] | undefined) {
  const { own, CLIENT_SECRET } = await ownDefaults(folder);
  const client = { CLIENT_ID: 'parlour-demo', CLIENT_SECRET, ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256' };
  const { api, management } = beside(authlete && fits(authlete.port) ? authlete.port : PORT);
  return {
    ...own,
    SPA_DIR: 'client-demo/dist',
    MANAGEMENT_PORT: String(management),
    ISSUER: authlete?.options.issuer ?? `${HOST}:${PORT}`,
    // refresh tokens come with the client's grant type; offline_access would be dropped, as nobody asks with prompt=consent (OpenID Connect Core §11)
    SCOPE: 'openid profile email orders:read',
    API_ROUTES: `/api=${api.url}`,
    ...(emulated && client),
  };
}

function demoProblems({ host, port, options }: AuthleteConfiguration, bff: Configuration | undefined): string[] {
  const astray = bff?.bff.frontends.some(({ issuer }) => issuer !== options.issuer) ?? false;
  const found: [boolean, string][] = [
    [!isLoopbackAddress(host), 'AS_HOST must be on loopback: any password lets people in here'],
    [!fits(port), 'AS_PORT must be a port with three others behind it, which the demo takes too'],
    [astray, `ISSUER must be ${options.issuer}, as AS_ISSUER is, or left out`],
  ];
  return found.filter(([wrong]) => wrong).map(([, problem]) => problem);
}

function fits(port: number): boolean {
  return port > 0 && beside(port).management <= LAST_PORT;
}

export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
