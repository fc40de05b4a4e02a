import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import diagnostics from 'node:diagnostics_channel';
import { createServer } from 'node:net';
import { type Hostile, listen, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { type Answers, exchange, filled, type Wire } from './support/wire/exchange.js';
import { fields } from './support/wire/fields.js';
import { framing } from './support/wire/framing.js';
import { hosts } from './support/wire/hosts.js';
import type { HostileInput } from './support/wire/input.js';
import { lenientlyRead } from './support/wire/lenient-path.js';
import { methods } from './support/wire/methods.js';
import { paths } from './support/wire/paths.js';
import { pipelined } from './support/wire/pipelined.js';
import { RawUpstream, type WireRequest } from './support/wire/raw-upstream.js';
import { targets } from './support/wire/targets.js';

const table: Record<string, HostileInput[]> = { paths, targets, hosts, framing, pipelined, fields, methods };

let authorizationServer: Hostile;
let parlour: Parlour;
let wire: Wire;
const api = new RawUpstream();
const strangers: string[] = [];
const evil = createServer(socket => {
  strangers.push('evil');
  socket.destroy();
});
/** Each connection that undici opens, whoever asked for it. */
const opened: string[] = [];
const keepOpened = (message: unknown) => {
  const { connectParams } = message as { connectParams: { host: string } };
  opened.push(connectParams.host);
};
const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', keepUnhandled);
  authorizationServer = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  await api.start();
  parlour = await startParlour(authorizationServer.issuer, { API_ROUTES: `/api/things=http://${api.host}/v1` });
  const browser = new HttpBrowser();
  await browser.navigate(`${parlour.url}/login`);
  const session = browser.cookies(parlour.url).find(({ name }) => name === '__Host-Http-session');
  wire = {
    host: `localhost:${parlour.port}`,
    evil: `127.0.0.1:${await listen(evil)}`,
    api: api.host,
    cookie: `${session?.name}=${session?.value}`,
  };
  diagnostics.subscribe('undici:client:beforeConnect', keepOpened);
});
afterAll(async () => {
  diagnostics.unsubscribe('undici:client:beforeConnect', keepOpened);
  process.off('unhandledRejection', keepUnhandled);
  await parlour.close();
  await authorizationServer.close();
  api.close();
  evil.close();
});

describe.each(Object.entries(table))('hostile %s, as bytes on the wire', (_group, inputs) => {
  it.each(inputs)('S4 B13 B14 B17: $what', async input => {
    api.requests = [];
    const answers = await exchange(filled(input.bytes, wire), wire);
    expectAnswer(input, answers);
    const arrived = api.requests.filter(({ target }) => target !== '/v1/last');
    expect(arrived.map(asText)).toEqual(input.reaches.map(text => filled(text, wire)));
    for (const request of api.requests) expectOurs(request);
    expect([...api.violations, ...strangers]).toEqual([]);
  });
});

describe('after all that', () => {
  it('B13: nobody was connected to but the API', () => {
    expect(Object.values(table).flat().length).toBeGreaterThan(1000);
    expect(new Set(opened)).toEqual(new Set([api.host]));
  });

  it('S1: the server goes on, nothing went wrong in it, and no promise was left', async () => {
    api.requests = [];
    expect((await exchange('', wire)).statuses).toEqual([200]);
    expect(api.requests.map(asText)).toEqual(['GET /v1/last']);
    expect(parlour.events('request_failed')).toEqual([]);
    expect(unhandled).toEqual([]);
  });

  it('B16: and the log holds no token and no session', () => {
    for (const needle of [accessToken(), wire.cookie.replace(/^.*=/, '')])
      expect(parlour.logText()).not.toContain(needle);
  });
});

/** The first answer is the expected one; none is a failure of ours, and none shows what it mustn't. */
function expectAnswer({ answer, second }: HostileInput, { statuses, text }: Answers): void {
  const [first] = statuses;
  if (answer === 'closed') expect(first).toBeUndefined();
  else if (answer === '4xx') expect(Math.floor((first ?? 400) / 100)).toBe(4);
  else expect(first).toBe(answer);
  if (second !== undefined) expect(statuses[1]).toBe(second);
  expect(statuses.filter(status => status >= 500)).toEqual([]);
  expect(text).not.toMatch(/^(?:x-evil|set-cookie):/im);
  expect(text).not.toContain(accessToken());
}

/** What every call at the API has to be: inside the route, by our token alone, and with nothing that was for us or for nobody. */
function expectOurs({ target, fields: all, body }: WireRequest): void {
  expect(lenientlyRead(target)).toMatch(/^\/v1(?:\/|$)/);
  const valuesOf = (wanted: string) => all.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  expect(valuesOf('host')).toEqual([api.host]);
  expect(valuesOf('authorization')).toEqual([`Bearer ${accessToken()}`]);
  expect(valuesOf('forwarded')).toEqual([`for=127.0.0.1;host="${wire.host}";proto=http`]);
  expect(valuesOf('connection')).toEqual([expect.stringMatching(/^(?:keep-alive|close)$/)]);
  const names = all.map(([name]) => name.toLowerCase().replaceAll('_', '-'));
  for (const name of names) expect(name).not.toMatch(NEVER);
  const said = all.filter(([name]) => name !== 'host').map(([, value]) => value);
  expect(said.filter(value => /evil|203\.0\.113\.66|\broot\b/.test(value) || value.includes(wire.evil))).toEqual([]);
  if (body !== '') expect(names.filter(name => /^(?:content-length|transfer-encoding)$/.test(name))).toHaveLength(1);
}

/** Hop-by-hop, said to us, or for nobody but a proxy to say. */
const NEVER =
  /^(?:cookie.*|x-csrf|origin|referer|sec-.*|access-control-.*|keep-alive|te|trailer|upgrade|http2-.*|proxy.*|expect|via|x-forwarded.*|x-original.*|x-rewrite.*|x-http-method.*|x-hop|destination|max-forwards)$/;

function asText({ method, target, body }: WireRequest): string {
  return [method, target, ...(body === '' ? [] : [body])].join(' ');
}

function accessToken(): string {
  return authorizationServer.issued.findLast(({ kind }) => kind === 'access_token')?.value ?? 'none was issued';
}
