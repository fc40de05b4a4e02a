import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { request } from 'undici';
import type { Settings } from '../settings.ts';
import { type AuthorizationServer, CLIENT_ID } from '../stage/authorization-server.ts';
import { fetchedBy, follow } from '../stage/browser.ts';
import { deploymentOf, DIST, HOST, startInstance } from '../stage/instance.ts';
import { type Running, startProgram, temporaryFolder } from '../stage/processes.ts';

/** A proxy with people logged in, one for each connection. */
export interface Contestant extends Running {
  name: string;
  port: number;
  pid: number;
  requests: string[];
}

export interface Around {
  authorizationServer: AuthorizationServer;
  api: { url: string };
  settings: Settings;
}

export const CONNECTIONS = 32;
const PATH = '/api/orders';
/** For logins by the hundred from one address. */
const NO_LOGIN_LIMITS = Object.fromEntries(
  ['LOGIN_BURST', 'LOGIN_RATE', 'LOGIN_BURST_TOTAL', 'LOGIN_RATE_TOTAL'].map(name => [name, '1000000']),
);

/** One process, on an embedded storage of its own. */
export async function startParlour({ authorizationServer, api, settings }: Around): Promise<Contestant> {
  const deployment = {
    ...deploymentOf(authorizationServer, api, `file:${temporaryFolder()}`),
    ...NO_LOGIN_LIMITS,
    SCOPE: 'openid profile',
  };
  const running = await startInstance(deployment, [...profiling('parlour', settings), join(DIST, 'main.js')]);
  return contestant('parlour', running, () => follow(running.port, '/login'));
}

/** Sends what `parlour` was seen to send. */
export async function startPassThrough(parlour: Contestant, { api, settings }: Around): Promise<Contestant> {
  const [first = ''] = parlour.requests;
  const browsers = new Set(namesOf(first.split('\r\n').slice(1)));
  const sent = (await sentToApi(parlour)).filter(line => !/^(?:host|connection):/i.test(line));
  const isBrowsers = (line: string) => browsers.has(namesOf([line])[0] ?? '') && !/^authorization:/i.test(line);
  const added = sent.filter(line => !isBrowsers(line)).flatMap(line => /^([^:]+): *(.*)$/.exec(line)?.slice(1) ?? []);
  const program = join(import.meta.dirname, 'pass-through.ts');
  const running = await startProgram(
    program,
    {
      NODE_ENV: 'production',
      API: api.url,
      PASSED: namesOf(sent.filter(isBrowsers)).join(','),
      ADDED: JSON.stringify(added),
    },
    profiling('pass-through', settings),
  );
  const bare = { ...running, name: 'pass-through', pid: pidOf(running), requests: parlour.requests };
  if ((await sentToApi(bare)).join() !== (await sentToApi(parlour)).join())
    throw new Error('the pass-through sends other fields');
  return bare;
}

export async function startExpressOpenIdConnect(around: Around): Promise<Contestant> {
  const { authorizationServer, api, settings } = around;
  const running = await startProgram(
    join(import.meta.dirname, 'express-openid-connect.mjs'),
    {
      NODE_ENV: 'production',
      API: api.url,
      ISSUER: authorizationServer.issuer,
      BASE_URL: `https://${HOST}`,
      CLIENT_ID,
      CLIENT_SECRET: randomBytes(32).toString('base64url'),
    },
    profiling('express-openid-connect', settings),
  );
  return contestant('express-openid-connect', running, () => follow(running.port, PATH));
}

async function contestant(
  name: string,
  running: Running & { port: number },
  logIn: () => Promise<{ cookie: string }>,
): Promise<Contestant> {
  const requests: string[] = [];
  while (requests.length < CONNECTIONS) requests.push(fetchedBy((await logIn()).cookie, PATH));
  return { ...running, name, pid: pidOf(running), requests };
}

/** The header that the API got. */
async function sentToApi({ port, requests }: Pick<Contestant, 'port' | 'requests'>): Promise<string[]> {
  const [, ...lines] = (requests[0] ?? '').replace(PATH, '/api/head').trimEnd().split('\r\n');
  const headers = Object.fromEntries(lines.map(line => line.split(/: (.*)/, 2)));
  const { body } = await request(`http://127.0.0.1:${port}/api/head`, { headers });
  return (await body.json()) as string[];
}

/** The profile is written when the process ends by itself. */
function profiling(name: string, { profile }: Settings): string[] {
  if (profile === undefined) return [];
  return ['--cpu-prof', '--cpu-prof-dir', profile, '--cpu-prof-name', `${name}.cpuprofile`];
}

function pidOf({ child }: Running): number {
  if (child.pid === undefined) throw new Error('it hasn’t started');
  return child.pid;
}

function namesOf(lines: string[]): string[] {
  return lines.map(line => line.split(':', 1)[0]?.toLowerCase() ?? '');
}
