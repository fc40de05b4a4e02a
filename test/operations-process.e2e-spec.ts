import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, until } from './support/parlour.js';
import { type ParlourProcess, run, startProcess } from './support/parlour-process.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;
let api: ApiStub;
let parlour: ParlourProcess | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterEach(async () => {
  await parlour?.stop('SIGKILL');
  await api?.close();
  parlour = undefined;
});
afterAll(() => hostile.close());

/** A process with somebody logged in, whose next API call will wait until the test lets it go. */
async function withCallUnderWay(environment: Record<string, string> = {}) {
  const gate = Promise.withResolvers<void>();
  api = await startApiStub((_, response) => void gate.promise.then(() => response.end('slow, but whole')));
  parlour = await startProcess(hostile.issuer, { API_ROUTES: `/api=${api.url}`, ...environment });
  const browser = new HttpBrowser();
  await browser.navigate(`${parlour.url}/login`);
  const call = browser.fetch(`${parlour.url}/api/slow`, { headers: header });
  await api.arrived(1);
  return { parlour, call, finish: gate.resolve };
}

function refusesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() && false));
    socket.on('error', () => resolve(true));
  });
}

describe('a graceful shutdown', () => {
  it('lets the request under way finish, takes no new connection, and ends with code 0', async () => {
    const { call, finish, ...running } = await withCallUnderWay();
    const { port, managementUrl, stop } = running.parlour;
    const stopped = stop('SIGTERM');
    await until('new connections are refused', () => refusesConnections(port));
    expect((await fetch(`${managementUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${managementUrl}/health/live`)).status).toBe(200);
    finish();
    expect((await call).body).toBe('slow, but whole');
    expect(await stopped).toMatchObject({ code: 0, signal: null });
  });

  it('cuts a request that is slower than SHUTDOWN_TIMEOUT, and ends with code 0 in that time', async () => {
    const { call, ...running } = await withCallUnderWay({ SHUTDOWN_TIMEOUT: '1' });
    const cut = expect(call).rejects.toThrow();
    const { code, took } = await running.parlour.stop('SIGTERM');
    await cut;
    expect(code).toBe(0);
    // the call would never end by itself
    expect(took).toBeGreaterThanOrEqual(990);
  });

  it('ends at once at a second signal', async () => {
    const { call, ...running } = await withCallUnderWay({ SHUTDOWN_TIMEOUT: '60' });
    const cut = expect(call).rejects.toThrow();
    const { port, child, stop } = running.parlour;
    child.kill('SIGTERM');
    await until('the first signal has been heard', () => refusesConnections(port));
    expect(await stop('SIGTERM')).toMatchObject({ code: 1 });
    await cut;
  });

  it('S3: what it has printed is one JSON object a line with time and level; an event has its reference', async () => {
    api = await startApiStub();
    parlour = await startProcess(hostile.issuer, { ALLOW_HTTP_FOR: 'as.internal' });
    const { url, stop } = parlour;
    const browser = new HttpBrowser();
    await browser.navigate(`${url}/login`);
    const refused = await browser.fetch(`${url}/session`);
    await stop();
    const lines = parlour.stdout.map(line => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) {
      expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
      expect(line['level']).toMatch(/^(info|warn)$/);
    }
    const of = (event: string) => lines.find(line => line['event'] === event);
    expect(of('configuration_danger')).toMatchObject({ level: 'warn', setting: 'ALLOW_HTTP_FOR' });
    expect(of('login_started')).toMatchObject({ level: 'info', frontend: 'default', reference: expect.any(String) });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'request_refused', path: '/session', reference: refused.json()['reference'] }),
    );
    expect(parlour.stderr).toEqual([]);
  });

  it('LOG_LEVEL=error prints errors and nothing else', async () => {
    api = await startApiStub();
    parlour = await startProcess(hostile.issuer, { LOG_LEVEL: 'error' });
    const { url, stop } = parlour;
    await new HttpBrowser().navigate(`${url}/login`);
    hostile.lies.par = { status: 401, body: { error: 'invalid_client' } };
    await new HttpBrowser().navigate(`${url}/login`);
    hostile.beHonest();
    await stop();
    const printed = [...parlour.stdout, ...parlour.stderr].map(line => JSON.parse(line) as Record<string, unknown>);
    expect(printed).toMatchObject([{ level: 'error', event: 'client_rejected', endpoint: 'par' }]);
  });
});

describe('a start that can’t succeed', () => {
  it('lists every mistake of an empty environment at once, with exit code 1 and no stack trace', async () => {
    const { ended, stderr, stdout } = run({ NODE_ENV: 'production' });
    expect(await ended).toMatchObject({ code: 1 });
    for (const name of ['STORAGE_URL', 'SESSION_KEYS', 'PUBLIC_URL', 'ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'])
      expect(stderr.filter(line => line.startsWith(`- ${name} `))).toHaveLength(1);
    expect(stderr.join('\n')).not.toMatch(/\n\s+at |node_modules|dist\//);
    expect(stdout).toEqual([]);
  });

  it.each(['PORT', 'MANAGEMENT_PORT'])('names the taken port and its variable: %s', async variable => {
    api = await startApiStub();
    const taken = new URL(api.url).port;
    const start = startProcess(hostile.issuer, { MANAGEMENT_PORT: String(await freePort()), [variable]: taken });
    const message = await start.then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    expect(message).toContain(`can’t listen on 127.0.0.1:${taken} (${variable}): another program listens there`);
    expect(message).not.toMatch(/\n\s+at /);
  });
});
