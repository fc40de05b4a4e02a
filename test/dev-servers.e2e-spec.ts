import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type RunningAuthorizationServer, startAuthorizationServer } from '../src/dev/authorization-server/index.js';
import { type RunningDemoApi, startDemoApi } from '../src/dev/demo-api/index.js';

const CALLBACK = 'http://localhost:3000/callback';
const SIGNED_OUT = 'http://localhost:3000/logout/callback';
const AUDIENCE = 'http://127.0.0.1:3002';
const BASIC = `Basic ${Buffer.from('demo:demo-secret').toString('base64')}`;

let server: RunningAuthorizationServer;
let api: RunningDemoApi;
let logoutReceiver: Server;
const logoutTokens: string[] = [];

beforeAll(async () => {
  logoutReceiver = createServer((req, res) => void receiveLogoutToken(req, res)).listen(0, '127.0.0.1');
  await once(logoutReceiver, 'listening');
  server = await startAuthorizationServer({
    port: 0,
    clients: [],
    api: { audience: AUDIENCE, scopes: ['orders:read', 'orders:write'] },
  });
  const address = logoutReceiver.address();
  await server.addClient({
    clientId: 'demo',
    clientSecret: 'demo-secret',
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [SIGNED_OUT],
    backchannelLogoutUri: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/logout`,
  });
  api = await startDemoApi({ port: 0, issuer: server.url, audience: AUDIENCE });
});

afterAll(async () => {
  logoutReceiver.close();
  await Promise.all([server.close(), api.close()]);
});

async function receiveLogoutToken(req: IncomingMessage, res: ServerResponse): Promise<void> {
  logoutTokens.push(new URLSearchParams(await text(req)).get('logout_token') ?? '');
  res.end();
}

/** A browser without a window: keeps cookies, follows redirects as far as the client's own address. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async open(url: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = form && { method: 'POST', body: new URLSearchParams(form) };
    const response = await fetch(url, { ...body, headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    const location = response.headers.get('location');
    if (!location || location.startsWith('http://localhost:3000/')) return response;
    return this.open(new URL(location, url).href);
  }
}

type Members = Record<string, string>;

async function membersOf(response: Response): Promise<Members> {
  const body: unknown = await response.json();
  return Object.fromEntries(Object.entries(body ?? {}).map(([name, value]) => [name, String(value)]));
}

const post = (path: string, form: Record<string, string>) =>
  fetch(server.url + path, { method: 'POST', headers: { authorization: BASIC }, body: new URLSearchParams(form) });

async function push(parameters: Record<string, string> = {}, verifier = 'v'.repeat(43)): Promise<string> {
  const response = await post('/request', {
    client_id: 'demo',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access orders:read',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  });
  expect(response.status).toBe(201);
  const { request_uri = '' } = await membersOf(response);
  return `${server.url}/auth?${new URLSearchParams({ client_id: 'demo', request_uri })}`;
}

function callbackOf(response: Response): URLSearchParams {
  return new URL(response.headers.get('location') ?? '', server.url).searchParams;
}

async function login(parameters: Record<string, string> = {}, browser = new Browser()): Promise<Members> {
  const verifier = randomBytes(32).toString('base64url');
  const page = await browser.open(await push(parameters, verifier));
  const done = await browser.open(page.url, { username: 'alice', password: 'any', decision: 'continue' });
  const code = callbackOf(done).get('code') ?? '';
  return exchange(code, verifier);
}

async function exchange(code: string, verifier: string): Promise<Members> {
  const response = await post('/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  });
  expect(response.status).toBe(200);
  return membersOf(response);
}

const refresh = (token = '') => post('/token', { grant_type: 'refresh_token', refresh_token: token });

const call = (
  path: string,
  token: string,
  init: { method?: string; body?: string | Uint8Array<ArrayBuffer>; headers?: Members } = {},
) =>
  fetch(api.url + path, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
  });

describe('the development authorization server', () => {
  it('P3, P4, P6: a pushed request leads through the login page to a code, with state and iss', async () => {
    const browser = new Browser();
    const page = await browser.open(await push());
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('alice / any password');
    const done = await browser.open(page.url, { username: 'alice', password: 'x', decision: 'continue' });
    expect(Object.fromEntries(callbackOf(done))).toMatchObject({ state: 'the-state', iss: server.url });
    expect(server.issued.codes).toContain(callbackOf(done).get('code'));
  });

  it('P9: an authorization request that was not pushed is refused, and so is one without PKCE', async () => {
    const direct = new URLSearchParams({
      client_id: 'demo',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: CALLBACK,
    });
    const refused = await new Browser().open(`${server.url}/auth?${direct}`);
    expect(callbackOf(refused).get('error')).toBe('invalid_request');
    const unprotected = await post('/request', {
      client_id: 'demo',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: CALLBACK,
    });
    expect(unprotected.status).toBe(400);
  });

  it('an ID token names the user and the session, and the access token is a JWT for the API', async () => {
    const { id_token = '', access_token = '', expires_in } = await login();
    expect(decodeJwt(id_token)).toMatchObject({
      sub: 'alice',
      name: 'Alice Abbott',
      email: 'alice@example.com',
    });
    expect(decodeJwt(id_token)['sid']).toEqual(expect.any(String));
    expect(decodeProtectedHeader(access_token).typ).toBe('at+jwt');
    expect(decodeJwt(access_token)).toMatchObject({ aud: AUDIENCE, iss: server.url, scope: 'orders:read' });
    expect(expires_in).toBe('300');
  });

  it('a refresh token is issued for offline_access alone', async () => {
    expect((await login({ scope: 'openid' }))['refresh_token']).toBeUndefined();
    expect((await login())['refresh_token']).toEqual(expect.any(String));
  });

  it('R2: a refresh rotates the token, and the old one coming back ends the grant', async () => {
    const { refresh_token: first } = await login();
    const second = await membersOf(await refresh(first));
    expect(second['refresh_token']).toEqual(expect.any(String));
    expect(second['refresh_token']).not.toBe(first);
    for (const token of [first, second['refresh_token']]) {
      const refused = await refresh(token);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('L3: a revoked refresh token, and one whose grants were revoked, answer invalid_grant', async () => {
    const { refresh_token: revoked = '' } = await login();
    expect((await post('/token/revocation', { token: revoked })).status).toBe(200);
    expect(await (await refresh(revoked)).json()).toMatchObject({ error: 'invalid_grant' });
    const { refresh_token: withdrawn } = await login();
    server.revokeGrantsOf('alice');
    expect(await (await refresh(withdrawn)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('Cancel answers access_denied', async () => {
    const browser = new Browser();
    const page = await browser.open(await push());
    const done = await browser.open(page.url, { decision: 'cancel' });
    expect(Object.fromEntries(callbackOf(done))).toMatchObject({ error: 'access_denied', state: 'the-state' });
  });

  it('S1: an unknown user or an empty password brings the page back, with what was typed escaped', async () => {
    const browser = new Browser();
    const page = await browser.open(await push());
    for (const form of [
      { username: '"><script>x</script>', password: 'x' },
      { username: 'alice', password: '' },
    ]) {
      const again = await browser.open(page.url, form);
      expect(again.status).toBe(422);
      expect(await again.text()).not.toContain('<script>');
    }
    const csp = page.headers.get('content-security-policy');
    expect(csp).not.toContain('unsafe-inline');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it('somebody who is logged in comes back by redirects alone, and prompt=none fails without a login', async () => {
    const browser = new Browser();
    await login({}, browser);
    expect(callbackOf(await browser.open(await push())).get('code')).toEqual(expect.any(String));
    const stranger = await new Browser().open(await push({ prompt: 'none' }));
    expect(callbackOf(stranger).get('error')).toBe('login_required');
  });

  it('prompt=login lets another person in, and prompt=consent asks', async () => {
    const browser = new Browser();
    await login({}, browser);
    const consent = await browser.open(await push({ prompt: 'consent' }));
    expect(await consent.text()).toContain('Continue as alice');
    const done = await browser.open(consent.url, { decision: 'continue' });
    expect(callbackOf(done).get('code')).toEqual(expect.any(String));
    const page = await browser.open(await push({ prompt: 'login' }));
    const switching = await browser.open(page.url, { username: 'bob', password: 'x', decision: 'continue' });
    const confirmed = await browser.open(...formIn(await switching.text()));
    expect(callbackOf(confirmed).get('code')).toEqual(expect.any(String));
  });

  it('L4, L8: logout with an id_token_hint asks nothing, comes back with state, and sends a logout token', async () => {
    const browser = new Browser();
    const { id_token = '' } = await login({}, browser);
    logoutTokens.length = 0;
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: SIGNED_OUT, state: 's' });
    const page = await browser.open(`${server.url}/session/end?${query}`);
    const markup = await page.text();
    expect(markup).toContain('.submit()');
    const [action, fields] = formIn(markup);
    const done = await browser.open(action, fields);
    expect(done.headers.get('location')).toBe(`${SIGNED_OUT}?state=s`);
    expect(logoutTokens.map(token => decodeJwt(token)['sid'])).toEqual([decodeJwt(id_token)['sid']]);
  });

  it('logout without a hint asks first', async () => {
    const browser = new Browser();
    await login({}, browser);
    const page = await (await browser.open(`${server.url}/session/end?client_id=demo`)).text();
    expect(page).toContain('you can also stay signed in');
    expect(page).not.toContain('.submit()');
  });

  it('P8: an unknown request_uri, and a login nobody started, end in a page that says so', async () => {
    const unknown = await new Browser().open(
      `${server.url}/auth?client_id=demo&request_uri=${encodeURIComponent('urn:ietf:params:oauth:request_uri:none')}`,
    );
    expect(callbackOf(unknown).get('error')).toBe('invalid_request_uri');
    const nobody = await new Browser().open(`${server.url}/interaction/none`);
    expect(nobody.status).toBe(400);
    expect(await nobody.text()).toContain('session_not_found');
    const stranger = await new Browser().open(
      `${server.url}/auth?client_id=%3Cscript%3E&scope=openid&response_type=code`,
    );
    expect(stranger.status).toBe(400);
    const markup = await stranger.text();
    expect(markup).toContain('<code>invalid_client</code>');
    expect(markup).not.toContain('<script>');
  });
});

const formIn = (markup: string): [string, Record<string, string>] => [
  /action="([^"]+)"/.exec(markup)?.[1] ?? '',
  Object.fromEntries(
    [...markup.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, k = '', v = '']) => [k, v]),
  ),
];

describe('what tests may ask of it', () => {
  it('B16: everything issued is kept as a needle, and back-channel requests are recorded with their forms', async () => {
    const tokens = await login();
    expect(server.issued.accessTokens).toContain(tokens['access_token']);
    expect(server.issued.refreshTokens).toContain(tokens['refresh_token']);
    expect(server.issued.idTokens).toContain(tokens['id_token']);
    const last = server.requests.findLast(({ endpoint }) => endpoint === 'token');
    expect(last).toMatchObject({ method: 'POST', path: '/token', authorization: true });
    expect(new URLSearchParams(last?.body).get('grant_type')).toBe('authorization_code');
  });

  it('P5: an endpoint answers with a fault, late, cut off, or never, until it is healed', async () => {
    const { refresh_token: token } = await login();
    server.setFault('token', { status: 503, body: 'down', headers: { 'retry-after': '7' } });
    const failed = await refresh(token);
    expect([failed.status, failed.headers.get('retry-after'), await failed.text()]).toEqual([503, '7', 'down']);
    server.setFault('token', 'cut');
    await expect(refresh(token).then(response => response.text())).rejects.toThrow();
    server.setFault('token', 'hang');
    const before = server.requests.length;
    const signal = AbortSignal.timeout(200);
    await expect(fetch(`${server.url}/token`, { method: 'POST', body: 'x', signal })).rejects.toThrow();
    expect(server.requests.slice(before)).toMatchObject([{ endpoint: 'token', authorization: false, body: 'x' }]);
    server.setFault('token', { delayMs: 150 });
    const started = performance.now();
    expect((await refresh(token)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(140);
    server.setFault('token', undefined);
    server.setFault('jwks', { status: 500 });
    expect((await fetch(`${server.url}/jwks`)).status).toBe(500);
    server.setFault('jwks', undefined);
  });
});

describe('the demo API', () => {
  it('lists the orders of whom the token speaks for', async () => {
    const { access_token = '' } = await login();
    const response = await call('/orders', access_token);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ customer: 'alice', orders: [{ name: expect.any(String) }, {}, {}] });
  });

  it('refuses a call without a token, with a foreign one, and with an ID token', async () => {
    const none = await fetch(`${api.url}/orders`);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const { id_token = '', access_token = '' } = await login();
    for (const bad of ['rubbish', id_token, `${access_token.slice(0, -8)}AAAAAAAA`]) {
      const refused = await call('/orders', bad);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    }
  });

  it('refuses what the scope does not cover, and says which scope does', async () => {
    const order = { method: 'POST', body: JSON.stringify({ name: 'Tea' }) };
    const { access_token: reader = '' } = await login();
    const refused = await call('/orders', reader, order);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="orders:write"');
    const { access_token: writer = '' } = await login({ scope: 'openid orders:write' });
    expect((await call('/orders', writer, order)).status).toBe(201);
    expect((await call('/orders', writer, { method: 'POST', body: 'x' })).status).toBe(400);
    expect((await call('/orders', writer)).status).toBe(403);
  });

  it('echoes, streams, waits, redirects, runs out, and has any status', async () => {
    const { access_token: token = '' } = await login();
    const body = randomBytes(300_000);
    const echoed = await call('/echo', token, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
    expect(echoed.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await echoed.arrayBuffer()).equals(body)).toBe(true);
    expect(api.requests.at(-1)).toMatchObject({ method: 'POST', url: '/echo', bodyBytes: 300_000 });
    const events = await (await call('/stream', token)).text();
    expect(events.match(/^data: /gm)).toHaveLength(5);
    expect(await (await call('/slow?ms=20', token)).json()).toEqual({ waitedMs: 20 });
    expect((await call('/redirect?to=//evil.example/', token)).headers.get('location')).toBe('http://evil.example/');
    const stock = await call('/stock', token);
    expect([stock.status, stock.headers.get('retry-after')]).toEqual([429, '30']);
    expect((await call('/status/418', token)).status).toBe(418);
    expect((await call('/status/204', token)).status).toBe(204);
    expect((await call('/status/999', token)).status).toBe(400);
    expect((await call('/nowhere', token)).status).toBe(404);
    expect((await call('/orders', token, { method: 'DELETE' })).headers.get('allow')).toBe('GET, POST');
  });

  it('answers 503 while the authorization server is away, and works when it is back', async () => {
    const { access_token: token = '' } = await login();
    const late = await startDemoApi({ port: 0, issuer: server.url, audience: AUDIENCE });
    server.setFault('discovery', { status: 500, body: 'down' });
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${late.url}/orders`, { headers })).status).toBe(503);
    server.setFault('discovery', undefined);
    server.setFault('jwks', { status: 500 });
    expect((await fetch(`${late.url}/orders`, { headers })).status).toBe(503);
    server.setFault('jwks', undefined);
    expect((await fetch(`${late.url}/orders`, { headers })).status).toBe(200);
    await late.close();
  });
});

describe('in production', () => {
  it('neither server loads or starts, and neither ever listens anywhere but on loopback', async () => {
    const options = { port: 0, clients: [], api: { audience: AUDIENCE, scopes: [] } };
    await expect(startAuthorizationServer({ ...options, host: '0.0.0.0' })).rejects.toThrow('loopback');
    process.env['NODE_ENV'] = 'production';
    jest.resetModules();
    try {
      await expect(import('../src/dev/authorization-server/index.js')).rejects.toThrow('NODE_ENV=production');
      await expect(import('../src/dev/demo-api/index.js')).rejects.toThrow('NODE_ENV=production');
      await expect(startAuthorizationServer(options)).rejects.toThrow('NODE_ENV=production');
      await expect(startDemoApi({ port: 0, issuer: server.url, audience: AUDIENCE })).rejects.toThrow(
        'NODE_ENV=production',
      );
    } finally {
      process.env['NODE_ENV'] = 'test';
    }
  });
});
