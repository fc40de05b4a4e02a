import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Hostile, pushLies, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour, until } from './support/parlour.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;
let api: ApiStub;
let parlour: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api/orders=${api.url}` });
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});
beforeEach(() => hostile.beHonest());

const ask = (path: string, init: RequestInit = {}) => fetch(parlour.managementUrl + path, init);
const status = async (path: string, init: RequestInit = {}) => (await ask(path, init)).status;

describe('the management port', () => {
  it('says that the process is up and ready, to GET and HEAD, and that nobody may keep it', async () => {
    for (const path of ['/health/live', '/health/ready', '/health/ready?probe=1']) {
      const answer = await ask(path);
      expect([path, answer.status, await answer.json()]).toEqual([path, 200, { status: 'up' }]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await status(path, { method: 'HEAD' })).toBe(200);
    }
  });

  it('answers other paths with 404 and other methods with 405 and Allow', async () => {
    const unknown = ['/', '/health', '/health/ready/', '/metrics/x', '/login', '/session', '/api/orders', '/__proto__'];
    for (const path of unknown) expect([path, await status(path)]).toEqual([path, 404]);
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const answer = await ask(path, { method });
        expect([path, method, answer.status]).toEqual([path, method, 405]);
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
      }
    }
  });

  it('is another port: nothing of it answers on the public one', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      const answer = await fetch(parlour.url + path, { headers: header });
      expect([path, answer.status, (await answer.json()).code]).toEqual([path, 404, 'not_found']);
    }
  });

  it('is ready whatever the authorization server does: an outage there takes no instance out', async () => {
    await hostile.down();
    expect(await status('/health/ready')).toBe(200);
    await hostile.up();
  });
});

describe('the metrics', () => {
  it('S3: count a login, a refused push, a proxied call and a logout by the contract’s labels, and hold no secret', async () => {
    const browser = new HttpBrowser();
    await browser.navigate(`${parlour.url}/login`);
    await browser.fetch(`${parlour.url}/api/orders/4711?customer=alice`, { headers: header });
    const cookies = browser.cookies(parlour.url).map(({ value }) => value);
    await browser.fetch(`${parlour.url}/logout`, { method: 'POST', headers: header });
    hostile.lies.par = { ...pushLies['401 invalid_client'], times: 1 };
    await new HttpBrowser().navigate(`${parlour.url}/login`);
    hostile.lies.authorization = { parameters: { error: 'access_denied', code: undefined } };
    await new HttpBrowser().navigate(`${parlour.url}/login`);
    const answer = await ask('/metrics');
    const metrics = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      'parlour_logins_total{frontend="default",outcome="completed"} 1',
      'parlour_logins_total{frontend="default",outcome="access_denied"} 1',
      'parlour_logins_total{frontend="default",outcome="authorization_server_rejected_client"} 1',
      'parlour_pushes_total{frontend="default",outcome="created"} 2',
      'parlour_pushes_total{frontend="default",outcome="invalid_client"} 1',
      'parlour_sessions_started_total{frontend="default"} 1',
      'parlour_sessions_ended_total{frontend="default",reason="logout"} 1',
      'parlour_proxied_requests_total{frontend="default",route="/api/orders",status="2xx"} 1',
    ])
      expect(metrics).toContain(`${line}\n`);
    const secrets = [...cookies, CLIENT_SECRET, ...hostile.issued.map(({ value }) => value)];
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of [...secrets, 'alice']) expect(metrics).not.toContain(secret);
  });

  it('S3: no request makes a label of its own: names come from the configuration and the code', async () => {
    const before = (await (await ask('/metrics')).text()).split('\n').length;
    for (let count = 0; count < 20; count++) {
      await fetch(`${parlour.url}/api/unknown-${count}`, { headers: header });
      await fetch(`${parlour.url}/callback?error=made-up-${count}&state=x`);
      await fetch(`${parlour.url}/login?return_to=/x&made-up-${count}=1`);
    }
    const text = await (await ask('/metrics')).text();
    expect(text).not.toContain('made-up');
    // a code may come for the first time, but not twenty
    expect(text.split('\n').length - before).toBeLessThan(4);
  });
});

describe('a login while the authorization server is down', () => {
  it('starts and stays up without it, answers 503 with Retry-After, and recovers alone', async () => {
    await hostile.down();
    const late = await startParlour(hostile.issuer);
    const down = await new HttpBrowser().navigate(`${late.url}/login`);
    expect([down.status, down.headers['retry-after']]).toEqual([503, '5']);
    expect(down.headers['content-type']).toMatch(/^text\/html/);
    expect((await fetch(`${late.managementUrl}/health/ready`)).status).toBe(200);
    expect((await fetch(`${late.url}/session`, { headers: header })).status).toBe(200);
    await hostile.up();
    await until('a login works again', async () => {
      const browser = new HttpBrowser();
      await browser.navigate(`${late.url}/login`);
      return (await browser.fetch(`${late.url}/session`, { headers: header })).json()['authenticated'] === true;
    });
    await late.close();
  });
});

describe('while the storage is gone', () => {
  it('R6: is not ready but alive, and says 503 with Retry-After to a script and to a person', async () => {
    const broken = await startParlour(hostile.issuer, { API_ROUTES: `/api/orders=${api.url}` });
    const browser = new HttpBrowser();
    await browser.navigate(`${broken.url}/login`);
    await broken.server.app.get<Storage>(STORAGE).close();
    expect((await fetch(`${broken.managementUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${broken.managementUrl}/health/live`)).status).toBe(200);
    expect((await fetch(`${broken.managementUrl}/metrics`)).status).toBe(200);
    for (const [path, method] of [
      ['/session', 'GET'],
      ['/api/orders', 'GET'],
      ['/logout', 'POST'],
    ] as const) {
      const answer = await browser.fetch(broken.url + path, { method, headers: header });
      expect([path, answer.status, answer.json()['code'], answer.headers['retry-after']]).toEqual([
        path,
        503,
        'storage_unavailable',
        '5',
      ]);
    }
    const page = await browser.navigate(`${broken.url}/login`);
    expect(page.status).toBe(503);
    expect(page.body).toContain('<h1>Sessions are unavailable</h1>');
    expect(broken.events('request_failed').length).toBeGreaterThanOrEqual(4);
    await broken.close();
  });
});
