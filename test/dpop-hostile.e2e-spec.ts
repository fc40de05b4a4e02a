import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { begin, logIn, transactionCookies } from './login-flow.js';
import { proofOf } from './support/hostile/dpop.js';
import { type Endpoint, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';
import { cookieHeader, isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene({
    DPOP: 'true',
    USERINFO: 'true',
    OUTBOUND_TIMEOUT: '60',
    COOKIE_SUFFIX: 'a-suffix-of-20-chars',
  });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  scene.api.reply = undefined;
  scene.api.requests.length = 0;
  scene.parlour.log.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

const ordersUrl = () => `${scene.parlour.url}/api/orders`;
const orders = (browser: HttpBrowser) => script(browser, ordersUrl());
const noncesAt = (endpoint: Endpoint, grantType?: string) =>
  scene.hostile.to(endpoint, grantType).map(({ headers }) => proofOf(headers)?.['nonce']);
const noncesAtApi = () => scene.api.requests.map(({ headers }) => proofOf(headers)?.['nonce']);

/** Answers each call with this, and never with anything else. */
function demandNonce(nonce: () => string | undefined, challenge = 'DPoP error="use_dpop_nonce"') {
  scene.api.reply = (_request: IncomingMessage, response: ServerResponse) => {
    const value = nonce();
    response.writeHead(401, { 'WWW-Authenticate': challenge, ...(value !== undefined && { 'DPoP-Nonce': value }) });
    response.end();
  };
}

/** Takes calls with this nonce alone; the bodies as they come. */
function demandNonceOnce(nonce: string): string[] {
  const bodies: string[] = [];
  scene.api.reply = async (request, response) => {
    bodies.push(await text(request));
    if (proofOf(request.headers)?.['nonce'] !== nonce) {
      response.writeHead(401, { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': nonce });
    }
    response.end();
  };
  return bodies;
}

describe('a server that asks for another nonce again and again', () => {
  it('F6, P5: gets one more push and no third, and the login is refused', async () => {
    scene.hostile.nonces = { par: randomUUID };
    const answer = await begin(scene.parlour, {}, new HttpBrowser());
    expect(answer.status).toBe(502);
    expect(scene.hostile.count('par')).toBe(2);
    expect(scene.events('push_failed')).toEqual([
      expect.objectContaining({ outcome: 'refused', status: 400, error: 'use_dpop_nonce' }),
    ]);
  });

  it('F6: gets one more token call and no third, and nobody is logged in', async () => {
    scene.hostile.nonces = { token: randomUUID };
    const browser = new HttpBrowser();
    await logIn(scene.parlour, browser);
    expect(browser.url).toBe(`${scene.parlour.url}/?login_error=login_failed`);
    expect(scene.hostile.count('token')).toBe(2);
  });

  it('F6: gets one more refresh and no third, and the session stays', async () => {
    const browser = await scene.login();
    scene.hostile.nonces = { token: randomUUID };
    turnClock(280);
    expect((await orders(browser)).status).toBe(200);
    expect(scene.hostile.count('token', 'refresh_token')).toBe(2);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });

  it('F6: gets one more userinfo call and no third', async () => {
    scene.hostile.nonces = { userinfo: randomUUID };
    const browser = new HttpBrowser();
    await logIn(scene.parlour, browser);
    expect(browser.url).toBe(`${scene.parlour.url}/?login_error=login_failed`);
    expect(scene.hostile.count('userinfo')).toBe(2);
    expect(scene.events('login_failed')).toEqual([expect.objectContaining({ error: 'use_dpop_nonce' })]);
    expect(scene.events('client_rejected')).toEqual([]);
  });

  it('F6, R12: as an API gets one more call and no third, and no refresh; its 401 is the answer', async () => {
    const browser = await scene.login();
    demandNonce(randomUUID);
    turnClock(100);
    expect((await orders(browser)).status).toBe(401);
    expect(scene.api.requests).toHaveLength(2);
    expect(scene.hostile.count('token', 'refresh_token')).toBe(0);
  });
});

describe('a nonce', () => {
  it('F6, P5: is asked for with a 401 and a challenge as well, which is no word about the client', async () => {
    const demand = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': randomUUID() };
    scene.hostile.lies = { par: { status: 401, headers: demand, body: {}, times: 1 } };
    await scene.login();
    expect(noncesAt('par').at(-1)).toBe(demand['dpop-nonce']);
    scene.hostile.lies = { par: { status: 401, headers: demand, body: {} } };
    expect((await begin(scene.parlour, {}, new HttpBrowser())).status).toBe(502);
    expect(scene.hostile.count('par')).toBe(4);
    expect(scene.events('push_failed')).toEqual([
      expect.objectContaining({ outcome: 'refused', error: 'use_dpop_nonce' }),
    ]);
    expect(scene.events('client_rejected')).toEqual([]);
  });

  it('F6: that is asked for once is used from then on, at every endpoint of that server', async () => {
    const nonce = randomUUID();
    scene.hostile.nonces = { par: () => nonce, token: () => nonce, userinfo: () => nonce };
    await scene.login();
    await scene.login();
    expect(noncesAt('par').slice(1)).toEqual([nonce, nonce]);
    expect([noncesAt('token'), noncesAt('userinfo')]).toEqual([
      [nonce, nonce],
      [nonce, nonce],
    ]);
  });

  it('F6: goes to the server that gave it and to no other', async () => {
    const [ofServer, ofApi] = [randomUUID(), randomUUID()];
    scene.hostile.nonces = { par: () => ofServer };
    const browser = await scene.login();
    await orders(browser);
    expect(noncesAtApi()).not.toContain(ofServer);
    scene.api.reply = (_request, response) => response.setHeader('DPoP-Nonce', ofApi).end();
    await orders(browser);
    scene.hostile.beHonest();
    await scene.login();
    await orders(browser);
    expect([...noncesAt('par'), ...noncesAt('token')]).toEqual([ofServer, ofServer]);
    expect(noncesAtApi().at(-1)).toBe(ofApi);
  });

  it.each([
    ['of a line', () => '{"tea":1}'],
    ['of 64 kB', () => 'x'.repeat(64 * 1024)],
    ['of unsaid length', () => Readable.from(['{"tea":1}'])],
  ])('F6: that an API wants at the first call costs one more call, its body %s included', async (_what, body) => {
    const browser = await scene.login();
    const bodies = demandNonceOnce(randomUUID());
    const answer = await script(browser, ordersUrl(), { method: 'POST', body: body() });
    const whole = await text(Readable.from(body()));
    expect([answer.status, bodies]).toEqual([200, [whole, whole]]);
    const [first, second] = scene.api.requests.map(({ headers }) => proofOf(headers)?.['jti']);
    expect(first).not.toBe(second);
  });

  it.each([
    ['of more than 64 kB', () => 'x'.repeat(64 * 1024 + 1)],
    ['of unsaid length and more than 64 kB', () => Readable.from(['x'.repeat(64 * 1024), 'x'])],
  ])(
    'F6: of an API is learnt from any answer of its, so that a call with a body %s has it the next time',
    async (_what, body) => {
      const browser = await scene.login();
      const bodies = demandNonceOnce(randomUUID());
      const send = () => script(browser, ordersUrl(), { method: 'POST', body: body() });
      expect((await send()).status).toBe(401);
      expect(scene.api.requests).toHaveLength(1);
      expect((await send()).status).toBe(200);
      expect(bodies).toHaveLength(2);
    },
  );

  it('F6: of an API has a body sent twice and no third time', async () => {
    const browser = await scene.login();
    demandNonce(randomUUID);
    expect((await script(browser, ordersUrl(), { method: 'POST', body: '{"tea":1}' })).status).toBe(401);
    expect(scene.api.requests).toHaveLength(2);
  });

  it('F6, S1: a small body whose browser goes away in the middle is no whole one at the API', async () => {
    const browser = await scene.login();
    let whole = 0;
    scene.api.reply = (request, response) => request.once('end', () => response.end(String(++whole)));
    const { port, server } = scene.parlour;
    const gone = new Promise(resolve =>
      server.app.getHttpServer().once('request', (request: IncomingMessage) => {
        request.once('close', resolve);
        socket.destroy();
      }),
    );
    const socket = connect(port, '127.0.0.1');
    const fields = {
      Host: `localhost:${port}`,
      Cookie: cookieHeader(browser, ordersUrl()),
      'X-CSRF': '1',
      'Content-Length': '9',
    };
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST /api/orders HTTP/1.1\r\n${head.join('')}\r\n{"te`);
    await gone;
    expect((await orders(browser)).body).toBe('1');
    expect(scene.events('request_failed')).toEqual([]);
  });

  it.each([
    ['too long', 'n'.repeat(1025)],
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with a space', 'a b'],
    ['empty', ''],
  ])('F6: that is %s is used nowhere', async (_what, nonce) => {
    const browser = await scene.login();
    const before = noncesAt('par').at(-1);
    scene.hostile.lies = { par: { headers: { 'dpop-nonce': nonce } } };
    scene.api.reply = (_request, response) => response.setHeader('DPoP-Nonce', nonce).end();
    await scene.login();
    await orders(browser);
    await scene.login();
    await orders(browser);
    expect(new Set(noncesAt('par'))).toEqual(new Set([before]));
    expect(noncesAtApi()).not.toContain(nonce);
  });

  it('F6: that can’t be used is asked for in vain: one more call', async () => {
    scene.hostile.nonces = { par: () => 'n'.repeat(5000) };
    expect((await begin(scene.parlour, {}, new HttpBrowser())).status).toBe(502);
    expect(scene.hostile.count('par')).toBe(2);
  });
});

describe('a 401 of an API', () => {
  it('F6: among several challenges is asked for a nonce by', async () => {
    const browser = await scene.login();
    const challenges = [
      'Bearer realm="x", DPoP algs="ES256 PS256", error="use_dpop_nonce"',
      'dpop error=use_dpop_nonce',
    ];
    for (const challenge of challenges) {
      scene.api.requests.length = 0;
      demandNonce(randomUUID, challenge);
      await orders(browser);
      expect([challenge, scene.api.requests.length]).toEqual([challenge, 2]);
    }
  });

  it.each(['DPoP error="invalid_token"', 'Bearer error="use_dpop_nonce"', 'DPoP error="use_dpop_nonces"', 'DPoP'])(
    'R12: %s is about the token, so it forces the one refresh',
    async challenge => {
      const browser = await scene.login();
      demandNonce(randomUUID, challenge);
      turnClock(100);
      expect((await orders(browser)).status).toBe(401);
      expect([scene.api.requests.length, scene.hostile.count('token', 'refresh_token')]).toEqual([2, 1]);
    },
  );
});

describe('a bound token that an API refuses before its time', () => {
  it('R12: is replaced for the same call, its small body included', async () => {
    const browser = await scene.login();
    const bodies: string[] = [];
    scene.api.reply = async (request, response) => {
      if (bodies.push(await text(request)) === 1) {
        response.writeHead(401, { 'WWW-Authenticate': 'DPoP error="invalid_token"' });
      }
      response.end();
    };
    turnClock(100);
    const answer = await script(browser, ordersUrl(), { method: 'POST', body: '{"tea":1}' });
    expect([answer.status, bodies]).toEqual([200, ['{"tea":1}', '{"tea":1}']]);
    expect(scene.hostile.count('token', 'refresh_token')).toBe(1);
  });
});

describe('an access token', () => {
  it('F4: stands in the Authorization header alone, at userinfo and at an API', async () => {
    const browser = await scene.login();
    await script(browser, `${scene.parlour.url}/api/orders?from=1`);
    const token = scene.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value ?? '';
    const [userinfo] = scene.hostile.to('userinfo');
    const [call] = scene.api.requests;
    for (const headers of [userinfo?.headers, call?.headers]) {
      const { authorization, ...others } = headers ?? {};
      expect(authorization).toBe(`DPoP ${token}`);
      expect(JSON.stringify(others)).not.toContain(token);
    }
    expect([userinfo?.target, userinfo?.params.size, call?.url]).toEqual(['/userinfo', 0, '/orders?from=1']);
  });
});

describe('token_type', () => {
  it.each(['DPoP', 'dpop', 'dPoP', 'DPOP'])('A7: is taken as %s', async token_type => {
    scene.hostile.lies = { token: { members: { token_type } } };
    const browser = await scene.login();
    await orders(browser);
    expect(scene.api.requests[0]?.authorization).toMatch(/^DPoP \S+$/);
  });

  it('F6: Bearer where a bound token was asked for logs nobody in; the tokens are given back, and the log says why', async () => {
    scene.hostile.lies = { token: { members: { token_type: 'Bearer' } } };
    const browser = new HttpBrowser();
    await logIn(scene.parlour, browser);
    expect(browser.url).toBe(`${scene.parlour.url}/?login_error=login_failed`);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
    const issued = (kind: string) => scene.hostile.issued.findLast(one => one.kind === kind)?.value;
    expect(scene.hostile.to('revocation').map(({ params }) => params.get('token'))).toEqual([
      issued('refresh_token'),
      issued('access_token'),
    ]);
    expect(scene.events('login_failed')).toEqual([
      expect.objectContaining({ reason: 'token_type is bearer, not dpop' }),
    ]);
  });

  it('F6 R3: Bearer after a refresh is refused: no API ever sees that token, and the session goes on with the next one', async () => {
    const browser = await scene.login();
    scene.hostile.lies = { refresh: { members: { token_type: 'Bearer' } } };
    turnClock(280);
    expect((await orders(browser)).status).toBe(200);
    turnClock(60);
    expect((await orders(browser)).json()).toMatchObject({ code: 'authorization_server_unavailable' });
    const kinds = scene.hostile.to('revocation').map(({ params }) => params.get('token_type_hint'));
    expect(kinds).toEqual(['access_token', 'access_token']);
    scene.hostile.lies = {};
    // a failed refresh answers for a second
    turnClock(2);
    expect((await orders(browser)).status).toBe(200);
    expect(scene.api.requests.map(({ authorization }) => authorization.split(' ')[0])).toEqual(['DPoP', 'DPoP']);
  });
});

describe('a server that takes no proofs signed with ES256', () => {
  it('F6: is pushed nothing, and the log says why', async () => {
    const hostile = await startHostileAuthorizationServer();
    hostile.lies = { discovery: { members: { dpop_signing_alg_values_supported: ['EdDSA'] } } };
    const parlour = await startParlour(hostile.issuer, { DPOP: 'true' });
    try {
      expect((await begin(parlour)).status).toBe(502);
      expect(hostile.count('par')).toBe(0);
      expect(parlour.events('discovery_failed')[0]?.['reason']).toContain('ES256');
    } finally {
      await parlour.close();
      await hostile.close();
    }
  });
});

describe('a transaction cookie', () => {
  it('B21, B9: has room for the key’s seed with the longest return_to, and shows nothing of it', async () => {
    const browser = await scene.login();
    const return_to = `/${'%7E~aZ'.repeat(85)}`.slice(0, 510);
    await begin(scene.parlour, { return_to, max_age: '60', prompt: 'login' }, browser);
    const cookies = transactionCookies(scene.parlour, browser);
    const sizes = cookies.map(({ name, value }) => name.length + value.length);
    expect(Math.max(...sizes)).toBeGreaterThan(700);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(800);
    await browser.resume();
    expect(browser.url).toBe(scene.parlour.url + return_to);
    await orders(browser);
    const thumbprints = scene.hostile.to('par').map(({ params }) => params.get('dpop_jkt'));
    expect(new Set(thumbprints).size).toBe(2);
  });
});
