import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { request } from 'undici';
import { CLIENT_ID } from '../stage/authorization-server.ts';
import { fetchedBy, follow } from '../stage/browser.ts';
import { HOST } from '../stage/instance.ts';
import { type Around, named, type Server, startOther, startParlour } from '../stage/server.ts';
import { startApache } from './apache.ts';

/** A proxy with people logged in: a request of each, one for each connection. */
export interface Proxy extends Server {
  requests: string[];
}

export const IN_NEST = 'pass-through in Nest';
const CONNECTIONS = 32;
const PATH = '/api/orders';

/** With everybody logged in who is needed; `start`: a path that asks for a login. */
export async function withPeople(server: Server, start = PATH): Promise<Proxy> {
  const requests: string[] = [];
  while (requests.length < CONNECTIONS) requests.push(fetchedBy((await follow(server.port, start)).cookie, PATH));
  return { ...server, requests };
}

export async function startParlourProxy(around: Around): Promise<Proxy> {
  return withPeople(await startParlour(around), '/login');
}

/** Sends what `parlour` was seen to send. `within`: what it runs in, instead of in node:http alone. */
export async function startPassThrough(parlour: Proxy, { api, settings }: Around, within?: 'nest'): Promise<Proxy> {
  const browsers = new Set(namesOf((parlour.requests[0] ?? '').split('\r\n').slice(1)));
  const sent = (await sentToApi(parlour)).filter(line => !/^(?:host|connection):/i.test(line));
  const isBrowsers = (line: string) => browsers.has(namesOf([line])[0] ?? '') && !/^authorization:/i.test(line);
  const added = sent.filter(line => !isBrowsers(line)).flatMap(line => /^([^:]+): *(.*)$/.exec(line)?.slice(1) ?? []);
  const passed = namesOf(sent.filter(isBrowsers)).join(',');
  const env = { API: api.url, PASSED: passed, ADDED: JSON.stringify(added), WITHIN: within ?? '' };
  const name = within === 'nest' ? IN_NEST : 'pass-through';
  const server = await startOther(name, join(import.meta.dirname, 'pass-through.ts'), env, settings);
  const bare = { ...server, requests: parlour.requests };
  if ((await sentToApi(bare)).join() !== (await sentToApi(parlour)).join())
    throw new Error('the pass-through sends other fields');
  return bare;
}

export async function startExpressOpenIdConnect({ authorizationServer, api, settings }: Around): Promise<Proxy> {
  const env = {
    API: api.url,
    ISSUER: authorizationServer.issuer,
    BASE_URL: `https://${HOST}`,
    CLIENT_ID,
    CLIENT_SECRET: randomBytes(32).toString('base64url'),
  };
  const path = join(import.meta.dirname, 'express-openid-connect.mjs');
  return withPeople(await startOther('express-openid-connect', path, env, settings));
}

/** All of its processes, on all cores. */
export async function startModAuthOpenidc(around: Around): Promise<Proxy> {
  return withPeople(named('mod_auth_openidc', await startApache(around)));
}

/** The header that the API got. */
async function sentToApi({ port, requests }: Proxy): Promise<string[]> {
  const [, ...lines] = (requests[0] ?? '').trimEnd().split('\r\n');
  const headers = Object.fromEntries(lines.map(line => line.split(/: (.*)/, 2)));
  const { body } = await request(`http://127.0.0.1:${port}/api/head`, { headers });
  return (await body.json()) as string[];
}

function namesOf(lines: string[]): string[] {
  return lines.map(line => line.split(':', 1)[0]?.toLowerCase() ?? '');
}
