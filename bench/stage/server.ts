import { join } from 'node:path';
import type { Settings } from '../settings.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { type Deployment, deploymentOf, DIST, startInstance } from './instance.ts';
import { type Running, startProgram, temporaryFolder } from './processes.ts';

/** A process that is measured. */
export interface Server extends Running {
  name: string;
  port: number;
  pid: number;
}

export interface Around {
  authorizationServer: Pick<AuthorizationServer, 'issuer'>;
  api: { url: string };
  settings: Settings;
}

/** For logins by the hundred from one address. */
const NO_LOGIN_LIMITS = Object.fromEntries(
  ['LOGIN_BURST', 'LOGIN_RATE', 'LOGIN_BURST_TOTAL', 'LOGIN_RATE_TOTAL'].map(name => [name, '1000000']),
);

/** The product in one process, on an embedded storage of its own if no other is named. `flags`: of Node; with them the process can be asked. */
export async function startParlour(
  { authorizationServer, api, settings }: Around,
  more: Deployment = {},
  flags: string[] = [],
): Promise<Server> {
  const storage = `file:${temporaryFolder()}`;
  const deployment = { ...deploymentOf(authorizationServer, api, storage), ...NO_LOGIN_LIMITS, ...more };
  const program = [...flags, ...profiling('parlour', settings), join(DIST, 'main.js')];
  return named('parlour', await startInstance(deployment, program, flags.length > 0 ? 'ipc' : 'ignore'));
}

/** A program beside it. */
export async function startOther(
  name: string,
  path: string,
  env: Record<string, string>,
  settings: Settings,
): Promise<Server> {
  const all = { NODE_ENV: 'production', ...env };
  return named(name, await startProgram(path, all, profiling(name, settings)));
}

export function named(name: string, running: Running & { port: number }): Server {
  if (running.child.pid === undefined) throw new Error(`${name} hasn’t started`);
  return { ...running, name, pid: running.child.pid };
}

/** The profile is written when the process ends by itself. */
function profiling(name: string, { profile }: Settings): string[] {
  if (profile === undefined) return [];
  return ['--cpu-prof', '--cpu-prof-dir', profile, '--cpu-prof-name', `${name}.cpuprofile`];
}
