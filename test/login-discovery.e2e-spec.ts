import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, request } from 'node:http';
import { begin, isLoggedIn, logIn, type Pair, startPair, toCallback } from './login-flow.js';
import { discoveryLies, listen } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, startParlour, until } from './support/parlour.js';

let pair: Pair;
let more: Parlour | undefined;
afterEach(async () => {
  await more?.close();
  more = undefined;
  await pair.close();
});

/** A Parlour that starts while its authorization server is down. */
async function startWhileDown(): Promise<Parlour> {
  pair = await startPair();
  await pair.hostile.down();
  more = await startParlour(pair.hostile.issuer);
  return more;
}

describe('while the authorization server is down', () => {
  it('P5: Parlour starts, is ready, answers 503 with Retry-After, and recovers alone', async () => {
    const parlour = await startWhileDown();
    const hop = await begin(parlour);
    expect([hop.status, hop.headers['retry-after']]).toEqual([503, '5']);
    expect((await fetch(`${parlour.managementUrl}/health/ready`)).status).toBe(200);
    expect(parlour.events('discovery_failed')).toHaveLength(1);
    await pair.hostile.up();
    const landed = await until('the login works', async () => (await begin(parlour)).status === 303);
    expect(landed).toBe(true);
    expect(parlour.events('discovery_completed')).toHaveLength(1);
  });

  it('P5, S1: a callback that would need its metadata is a 503, and lands when it’s back', async () => {
    pair = await startPair();
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    callback.searchParams.delete('iss');
    await pair.hostile.down();
    const { environment } = pair.parlour;
    await pair.parlour.close();
    more = await startParlour(pair.hostile.issuer, environment);
    const hop = await browser.navigate(callback.href);
    expect([hop.status, hop.headers['retry-after']]).toEqual([503, '5']);
    await pair.hostile.up();
    pair.hostile.lies.discovery = { members: { authorization_response_iss_parameter_supported: undefined } };
    await until('the callback lands', async () => (await browser.navigate(callback.href)).url.endsWith('/orders'));
    expect(await isLoggedIn(more, browser)).toBe(true);
    pair.close = () => pair.hostile.close();
  });
});

describe('the metadata', () => {
  it('A2: iss is accepted though not advertised, and may be missing then', async () => {
    pair = await startPair();
    pair.hostile.lies.discovery = { members: { authorization_response_iss_parameter_supported: undefined } };
    for (const parameters of [{}, { iss: undefined }]) {
      pair.hostile.lies.authorization = { parameters };
      const browser = new HttpBrowser();
      await logIn(pair.parlour, browser, { return_to: '/orders' });
      expect(browser.url).toBe(`${pair.parlour.url}/orders`);
    }
    pair.hostile.lies.authorization = { parameters: { iss: 'https://other.example' } };
    expect((await logIn(pair.parlour, new HttpBrowser())).status).toBe(400);
  });

  it('P5: is read once for many logins at the same moment', async () => {
    pair = await startPair();
    await Promise.all(Array.from({ length: 10 }, () => begin(pair.parlour)));
    expect(pair.hostile.count('discovery')).toBe(1);
  });

  const unavailable = ['a 500', 'a closed connection', 'no answer'];
  it.each(Object.entries(discoveryLies))('A5, S1: with %s no login goes through', async (name, lie) => {
    pair = await startPair({ OUTBOUND_TIMEOUT: '1' });
    pair.hostile.lies.discovery = lie;
    if (name === 'no key set' || name === 'no token endpoint') {
      // that shows only when it's needed
      const { url } = await logIn(pair.parlour, new HttpBrowser(), { return_to: '/orders' });
      expect(url).toBe(`${pair.parlour.url}/orders?login_error=login_failed`);
      return;
    }
    const hop = await begin(pair.parlour);
    expect([hop.status, hop.location]).toEqual([unavailable.includes(name) ? 503 : 502, undefined]);
    if (name.includes('issuer')) expect(pair.hostile.count('par')).toBe(0);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x'])(
    'P1, S2: an authorization endpoint %s is never handed to the browser',
    async authorization_endpoint => {
      pair = await startPair();
      pair.hostile.lies.discovery = { members: { authorization_endpoint } };
      const hop = await begin(pair.parlour);
      expect([hop.status, hop.location]).toEqual([502, undefined]);
      const headers = { accept: 'application/json', 'x-csrf': '1' };
      const json = await new HttpBrowser().fetch(`${pair.parlour.url}/login`, { headers, page: pair.parlour.url });
      expect(json.body).not.toContain(authorization_endpoint);
    },
  );

  it('P1: a PAR endpoint over plain http off loopback gets nothing', async () => {
    pair = await startPair();
    const pushed_authorization_request_endpoint = 'http://par.example/par';
    pair.hostile.lies.discovery = { members: { pushed_authorization_request_endpoint } };
    expect((await begin(pair.parlour)).status).toBe(502);
    expect(pair.parlour.events('push_failed').at(-1)?.['error']).toContain(
      'http://par.example would be called over plain http',
    );
  });
});

describe('BACKCHANNEL_URL', () => {
  it('P1, A5: takes the back channel elsewhere; the issuer stays as it is, and the browser goes to the issuer', async () => {
    pair = await startPair();
    const { hostile } = pair;
    const asked: string[] = [];
    const inside = createServer((incoming, outgoing) => {
      asked.push(incoming.url ?? '');
      const { method, headers, url } = incoming;
      const forwarded = request(hostile.issuer + (url ?? ''), { method, headers }, answer => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(forwarded);
    });
    const BACKCHANNEL_URL = `http://127.0.0.1:${await listen(inside)}`;
    more = await startParlour(hostile.issuer, { BACKCHANNEL_URL });
    const hop = await begin(more);
    expect(hop.location?.split('?')[0]).toBe(`${hostile.issuer}/authorize`);
    const browser = new HttpBrowser();
    await logIn(more, browser);
    expect(await isLoggedIn(more, browser)).toBe(true);
    expect(new Set(asked)).toEqual(new Set(['/.well-known/openid-configuration', '/par', '/token', '/jwks']));
    inside.close();
    inside.closeAllConnections();
  });
});
