import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, until } from './support/parlour.js';
import { type ParlourProcess, startProcess } from './support/parlour-process.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;
let api: ApiStub;
let parlour: ParlourProcess | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
});
afterEach(async () => {
  await parlour?.stop('SIGKILL');
  parlour = undefined;
});
afterAll(async () => {
  await hostile.close();
  await api.close();
});

async function start(environment: Record<string, string> = {}): Promise<ParlourProcess> {
  parlour = await startProcess(hostile.issuer, { WORKERS: '2', API_ROUTES: `/api=${api.url}`, ...environment });
  return parlour;
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Processes that one has started and that are there. */
function childrenOf(pid: number | undefined): number[] {
  const all = readdirSync('/proc').map(Number).filter(Boolean);
  return all.filter(each => parentOf(each) === pid);
}

/** Each call over a connection of its own, which goes to another worker by turns. */
async function call({ url }: ParlourProcess, browser: HttpBrowser, path = '/api/orders'): Promise<number> {
  const { status } = await browser.fetch(url + path, { headers: { ...header, connection: 'close' } });
  return status;
}

async function metricsOf({ managementUrl }: ParlourProcess): Promise<string> {
  const metrics = await fetch(`${managementUrl}/metrics`);
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return metrics.text();
}

const ready = ({ managementUrl }: ParlourProcess) => fetch(`${managementUrl}/health/ready`).then(({ ok }) => ok);

describe('WORKERS=2', () => {
  it('R13, R7: one port, one storage: logins and logouts hold at all, metrics are of all, and who was killed is replaced', async () => {
    const running = await start();
    const browser = new HttpBrowser();
    await browser.navigate(`${running.url}/login`);
    for (let n = 0; n < 10; n++) expect(await call(running, browser)).toBe(200);
    const counted = await metricsOf(running);
    expect(counted).toMatch(/^parlour_proxied_requests_total\{.*status="2xx".*\} 10$/m);
    expect(counted).toMatch(/^parlour_sessions_started_total\{.*\} 1$/m);

    const [first = 0, second = 0, third] = childrenOf(running.child.pid);
    expect(third).toBeUndefined();
    process.kill(first, 'SIGKILL');
    await until('it has gone', () => !childrenOf(running.child.pid).includes(first));
    expect(await ready(running)).toBe(false);
    for (let n = 0; n < 4; n++) expect(await call(running, browser)).toBe(200);
    await until('another has taken its place', () => ready(running));
    expect(childrenOf(running.child.pid)).toContain(second);
    for (let n = 0; n < 10; n++) expect(await call(running, browser)).toBe(200);
    expect(running.stdout.concat(running.stderr).join('\n')).toContain(`Worker ${first} has ended (SIGKILL)`);

    await browser.fetch(`${running.url}/logout`, { method: 'POST', headers: header });
    for (let n = 0; n < 10; n++) expect(await call(running, browser)).toBe(401);
  });

  it('ends all of them at SIGTERM, with code 0, when requests under way have finished', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = await startApiStub((_, response) => void gate.promise.then(() => response.end('whole')));
    const running = await start({ API_ROUTES: `/api=${slow.url}` });
    const browser = new HttpBrowser();
    await browser.navigate(`${running.url}/login`);
    const answer = browser.fetch(`${running.url}/api/slow`, { headers: header });
    await slow.arrived(1);
    const workers = childrenOf(running.child.pid);
    const stopped = running.stop('SIGTERM');
    await until('it isn’t ready any more', async () => !(await ready(running)));
    gate.resolve();
    expect((await answer).body).toBe('whole');
    expect(await stopped).toMatchObject({ code: 0 });
    await until('no worker is left', () => workers.every(pid => parentOf(pid) === undefined));
    await slow.close();
  });

  it('ends at SIGTERM also while a worker is only starting', async () => {
    const running = await start({ SHUTDOWN_TIMEOUT: '1' });
    const [first = 0, second = 0] = childrenOf(running.child.pid);
    process.kill(first, 'SIGKILL');
    await until('another is starting', () =>
      childrenOf(running.child.pid).some(pid => pid !== first && pid !== second),
    );
    const workers = childrenOf(running.child.pid);
    expect(await running.stop('SIGTERM')).toMatchObject({ code: 0 });
    await until('no worker is left', () => workers.every(pid => parentOf(pid) === undefined));
  });

  it('doesn’t start when a worker ends meanwhile, and leaves none behind', async () => {
    const starting = start();
    starting.catch(() => undefined);
    const children = () => childrenOf(process.pid).flatMap(pid => childrenOf(pid));
    await until('its workers are starting', () => children().length === 2);
    const [first = 0, second = 0] = children();
    process.kill(first, 'SIGKILL');
    await expect(starting).rejects.toThrow('a worker has ended');
    await until('no worker is left', () => parentOf(second) === undefined);
  });

  it('leaves no worker behind when the first process is killed, and doesn’t start where a port is taken', async () => {
    const running = await start();
    const second = startProcess(hostile.issuer, { WORKERS: '2', PORT: String(running.port) });
    await expect(second).rejects.toThrow('(PORT): another program listens there');
    const workers = childrenOf(running.child.pid);
    await running.stop('SIGKILL');
    await until('no worker is left', () => workers.every(pid => parentOf(pid) === undefined));
  });
});
