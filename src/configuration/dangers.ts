import { statSync } from 'node:fs';
import { nearest, type BffOptions } from '../bff/bff.options.js';
import type { Danger } from '../environment/configuration-error.js';
import { isLoopbackAddress } from '../environment/listener.options.js';
import { namesOf } from '../environment/variables.js';
import type { ServerOptions } from './server.options.js';
import { VARIABLES } from './variables.js';

export function dangers(server: ServerOptions, bff: BffOptions, env: NodeJS.ProcessEnv): Danger[] {
  const { frontends, allowHttpFor, trustedProxies } = bff;
  const found: [boolean, string, string][] = [
    [allowHttpFor.length > 0, 'ALLOW_HTTP_FOR', `secrets and tokens travel in the clear to ${allowHttpFor.join(', ')}`],
    [
      frontends.some(({ insecureCookies }) => insecureCookies),
      'INSECURE_COOKIES',
      'cookies lose Secure and their __Host-Http- prefix',
    ],
    [frontends.some(maySkipPush), 'PAR', 'authorization requests may go through the browser instead of being pushed'],
    [
      !isLoopbackAddress(server.managementHost),
      'MANAGEMENT_HOST',
      'health and metrics can be reached from other machines',
    ],
    [
      !isLoopbackAddress(server.host) && frontends.some(({ publicUrl }) => publicUrl.startsWith('http:')),
      'HOST',
      'the server listens for other machines, but PUBLIC_URL is http on loopback',
    ],
    [
      trustedProxies.length === 0 && frontends.some(({ publicUrl }) => publicUrl.startsWith('https:')),
      'TRUSTED_PROXIES',
      'every client looks like the proxy in front: all share one client’s login limit, and APIs see its address',
    ],
  ];
  return [
    ...openKeyFiles(bff),
    ...found.filter(([present]) => present).map(([, setting, reason]) => ({ setting, reason })),
    ...misspelt(env),
  ];
}

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_WRITE = 0o022;

/** A private key is for the one who signs with it. A group that may read it is how a container's user gets at a mounted secret. */
function openKeyFiles({ frontends }: BffOptions): Danger[] {
  const files = frontends.flatMap(({ clientJwksFile, clientKeyFile }) => [
    { setting: 'CLIENT_JWKS_FILE', file: clientJwksFile },
    { setting: 'CLIENT_KEY_FILE', file: clientKeyFile },
  ]);
  const open = files.filter(({ file }) => file !== undefined && isOpen(file)).map(({ setting }) => setting);
  return [...new Set(open)].map(setting => ({
    setting,
    reason: 'other users may read or change the file with the private key: give it the rights 0600',
  }));
}

function isOpen(file: string): boolean {
  const { mode = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return (mode & (OTHERS_MAY_READ | OTHERS_MAY_WRITE)) !== 0;
}

function maySkipPush({ par, requirePushedAuthorizationRequests }: BffOptions['frontends'][number]): boolean {
  return par !== 'required' && !requirePushedAuthorizationRequests;
}

const NAMES = namesOf(VARIABLES);
/** Other programs' variables that happen to be near ours. */
const FOREIGN = ['HTTP_PROXY'];

/** The environment is shared with other programs, so a name that is nearly ours is told but not refused. Short names are near too many. */
function misspelt(env: NodeJS.ProcessEnv): Danger[] {
  const unknown = Object.keys(env).filter(name => name.length >= 6 && !NAMES.includes(name) && !FOREIGN.includes(name));
  return unknown.flatMap(name => {
    const meant = nearest(
      name,
      NAMES.filter(known => known.length >= 6),
      2,
    );
    return meant === undefined ? [] : [{ setting: name, reason: `isn't read; did you mean ${meant}?` }];
  });
}
