import type { SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_ID } from '../stage/authorization-server.ts';
import { HOST } from '../stage/instance.ts';
import { freePort, ready, type Running, start, temporaryFolder } from '../stage/processes.ts';
import type { Around } from '../stage/server.ts';

const MODULES = '/usr/lib/apache2/modules';
const PROGRAM = '/usr/sbin/apache2';
const NAMES = 'mpm_event authn_core authz_core authz_user env headers proxy proxy_http auth_openidc'.split(' ');

/** mod_auth_openidc in Apache, as Debian has them, with as many processes and threads as they take by default; sessions are in shared memory, which is the default, too. */
export async function startApache({ authorizationServer, api }: Around): Promise<Running & { port: number }> {
  const missing = [PROGRAM, ...NAMES.map(pathOf)].find(path => !existsSync(path));
  if (missing !== undefined) throw new Error('not installed (apt-get install apache2 libapache2-mod-auth-openidc)');
  const [port, folder] = [await freePort(), temporaryFolder()];
  const file = join(folder, 'apache.conf');
  writeFileSync(file, configuration(folder, port, authorizationServer.issuer, api.url));
  const options: SpawnOptions = { stdio: ['ignore', 'ignore', 'pipe'] };
  // it ends its children, which it can't when it's killed
  const running = start(PROGRAM, ['-f', file, '-D', 'FOREGROUND'], options, 'SIGTERM');
  await ready(running, 'Apache', async () => (await fetch(`http://127.0.0.1:${port}/`)).status > 0);
  return { ...running, port };
}

function pathOf(module: string): string {
  return join(MODULES, `mod_${module}.so`);
}

function configuration(folder: string, port: number, issuer: string, api: string): string {
  const secret = randomBytes(32).toString('base64url');
  // root may not serve; everybody else serves as themselves
  const user = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : [];
  return [
    ...NAMES.map(name => `LoadModule ${name}_module ${pathOf(name)}`),
    ...user,
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/apache.pid`,
    `Listen 127.0.0.1:${port}`,
    `ServerName ${HOST}`,
    `ErrorLog ${folder}/error.log`,
    'LogLevel error',
    // connections stay open for as long as those of the others do
    'KeepAlive On',
    'MaxKeepAliveRequests 0',
    'KeepAliveTimeout 600',
    `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration`,
    `OIDCClientID ${CLIENT_ID}`,
    `OIDCClientSecret ${secret}`,
    `OIDCRedirectURI http://${HOST}/callback`,
    'OIDCScope "openid profile"',
    `OIDCCryptoPassphrase ${secret}`,
    'OIDCSessionInactivityTimeout 86400',
    // of what the session holds nothing goes to the API but the token
    'OIDCPassClaimsAs environment',
    '<Location />',
    '  AuthType openid-connect',
    '  Require valid-user',
    '</Location>',
    'RequestHeader unset Cookie',
    'RequestHeader set Authorization "Bearer %{OIDC_access_token}e" env=OIDC_access_token',
    `ProxyPass /api/ ${api}/`,
    '',
  ].join('\n');
}
