import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ProxyApplication, type RecordingApi, startApi, startProxyApplication } from './api-proxy-application.js';
import { tokenLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { turnClock } from './support/scene.js';

let api: RecordingApi;
let app: ProxyApplication;
const stranger = new HttpBrowser();

/** A path that no test has asked for: its route’s token isn't there yet. */
let fresh: Iterator<string>;
const routes = Array.from({ length: 40 }, (_, index) => ({ path: `/api/${index}`, scope: `orders:${index} stock` }));

beforeAll(async () => {
  fresh = routes.map(({ path }) => path).values();
  api = await startApi();
  const upstream = `${api.origin}/v1`;
  const resource = 'https://orders.example';
  app = await startProxyApplication([
    ...routes.map(route => ({ upstream, token: 'client' as const, ...route })),
    { path: '/api/orders', upstream, token: 'client', scope: 'orders', resource, audience: 'urn:orders' },
    { path: '/api/same', upstream, token: 'client', scope: 'orders', resource, audience: 'urn:orders' },
  ]);
});
beforeEach(() => {
  app.authorizationServer.beHonest();
  app.forgetLog();
  api.reset();
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(async () => {
  await app.close();
  await api.close();
});

const next = () => String(fresh.next().value);
const call = (path: string) =>
  stranger.fetch(app.origin + path, { page: `${app.origin}/`, headers: { 'X-CSRF': '1' } });
const requests = () => app.authorizationServer.to('token', 'client_credentials');
const sent = () => api.arrived.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));

describe('the client’s own token', () => {
  it('B1: is asked for with the client’s credentials and what the route says (RFC 6749 §4.4.2)', async () => {
    expect((await call('/api/orders')).status).toBe(200);
    const [request] = requests();
    expect(request?.clientAuthentication).toBe('basic');
    expect(Object.fromEntries(request?.params ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'orders',
      resource: 'https://orders.example',
      audience: 'urn:orders',
    });
  });

  it('R1: is one for all routes that want the same, and another for each that doesn’t', async () => {
    await call('/api/orders');
    app.authorizationServer.beHonest();
    await call('/api/same');
    expect(requests()).toEqual([]);
    await call(next());
    await call(next());
    expect(requests()).toHaveLength(2);
    expect(new Set(sent()).size).toBe(3);
  });

  it('R1: is fetched once, however many ask at a time', async () => {
    const path = next();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(requests()).toHaveLength(1);
    expect(new Set(sent()).size).toBe(1);
  });

  it('R5: is renewed ahead of its end, and nobody waits for that while it lives', async () => {
    const path = next();
    await call(path);
    turnClock(275);
    const released = Promise.withResolvers<void>();
    app.authorizationServer.lies = { token: { after: released.promise } };
    await Promise.all([call(path), call(path)]);
    expect(new Set(sent()).size).toBe(1);
    expect(requests()).toHaveLength(2);
    released.resolve();
    await app.authorizationServer.arrived('token', 2, 'client_credentials');
    turnClock(30);
    await call(path);
    expect(new Set(sent()).size).toBe(2);
    expect(requests()).toHaveLength(2);
  });

  it('A7: is used for a while when nobody says how long it lives', async () => {
    const path = next();
    app.authorizationServer.lies = { token: { members: { expires_in: undefined } } };
    await call(path);
    turnClock(290);
    await call(path);
    expect(requests()).toHaveLength(1);
    turnClock(20);
    await call(path);
    expect(requests()).toHaveLength(2);
  });

  it('R12: an API’s 401 has it fetched anew and the call made again, once in half a minute', async () => {
    const path = next();
    await call(path);
    api.reply = (_request, response) => response.writeHead(401).end();
    expect((await call(path)).status).toBe(401);
    expect(requests()).toHaveLength(1);
    turnClock(31);
    const count = api.arrived.length;
    expect((await call(path)).status).toBe(401);
    expect(requests()).toHaveLength(2);
    expect(new Set(sent().slice(count)).size).toBe(2);
    await call(path);
    expect(requests()).toHaveLength(2);
  });
});

describe('no token for the client', () => {
  it.each([
    ['500', 503, 'authorization_server_unavailable'],
    ['503', 503, 'authorization_server_unavailable'],
    ['429', 503, 'authorization_server_unavailable'],
    ['a closed connection', 503, 'authorization_server_unavailable'],
    ['a body that breaks off', 503, 'authorization_server_unavailable'],
    ['401 invalid_client', 502, 'authorization_server_rejected_client'],
    ['400 invalid_grant', 502, 'authorization_server_refused_request'],
    ['no access token', 502, 'authorization_server_misconfigured'],
    ['an access token with a line break', 502, 'authorization_server_misconfigured'],
    ['no token type', 502, 'authorization_server_misconfigured'],
    ['another token type', 502, 'authorization_server_misconfigured'],
    ['expires_in as a string', 502, 'authorization_server_misconfigured'],
    ['HTML instead of JSON', 502, 'authorization_server_misconfigured'],
  ] as const)('B16 R5: %s is %i, and calls nothing', async (lie, expected, code) => {
    app.authorizationServer.lies = { token: tokenLies[lie] };
    const { status, headers, body } = await call(next());
    expect([status, JSON.parse(body).code]).toEqual([expected, code]);
    expect(headers['retry-after']).toBe(expected === 503 ? (lie === '429' ? '7' : '5') : undefined);
    expect(api.arrived).toEqual([]);
    expect(app.events('token_request_failed')).toEqual([expect.objectContaining({ grantType: 'client_credentials' })]);
    expect(body).not.toContain('secret reason');
  });

  it.each(['invalid_scope', 'invalid_target'])('B16: %s is 502, and its words stay here', async error => {
    app.authorizationServer.lies = { token: { status: 400, body: { error, error_description: 'inner words' } } };
    const { status, body } = await call(next());
    expect([status, JSON.parse(body).code]).toEqual([502, 'authorization_server_refused_request']);
    expect(body).not.toContain('inner words');
    expect(app.events('token_request_failed')).toEqual([expect.objectContaining({ error, outcome: 'refused' })]);
  });

  it('R5: an outage isn’t stormed: a failure answers for those that follow at once', async () => {
    const path = next();
    app.authorizationServer.lies = { token: tokenLies['503'] };
    for (let turn = 0; turn < 5; turn++) expect((await call(path)).status).toBe(503);
    expect(requests()).toHaveLength(1);
    const later = performance.now() + 1500;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => later);
    app.authorizationServer.beHonest();
    expect((await call(path)).status).toBe(200);
    clock.mockRestore();
  });

  it('R5: a renewal that fails leaves the token that still lives', async () => {
    const path = next();
    await call(path);
    turnClock(275);
    app.authorizationServer.lies = { token: tokenLies['503'] };
    expect((await call(path)).status).toBe(200);
    turnClock(30);
    await app.authorizationServer.arrived('token', 2, 'client_credentials');
    expect((await call(path)).status).toBe(503);
  });
});
