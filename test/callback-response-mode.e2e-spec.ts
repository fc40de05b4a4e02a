import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { isLoggedIn, logIn, type Pair, startPair, transactionCookies } from './login-flow.js';
import type { AuthorizationLie } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { until } from './support/parlour.js';

const MODES = ['query', 'form_post', 'query.jwt', 'form_post.jwt'] as const;
type Mode = (typeof MODES)[number];

interface Spoilt {
  body?: (form: string) => string;
  query?: string;
  type?: string;
}

const pairs = new Map<Mode, Pair>();
beforeAll(async () => {
  for (const mode of MODES) pairs.set(mode, await startPair({ RESPONSE_MODE: mode }));
});
afterAll(async () => {
  for (const pair of pairs.values()) await pair.close();
});
beforeEach(() => {
  for (const { hostile } of pairs.values()) hostile.beHonest();
});

function pairOf(mode: Mode): Pair {
  const pair = pairs.get(mode);
  if (!pair) throw new Error(`no pair for ${mode}`);
  return pair;
}

/** The page at the authorization server whose form is the response, or where the redirect led. */
function toResponse({ hostile, parlour }: Pair, browser: HttpBrowser, lie: AuthorizationLie = {}): Promise<Hop> {
  hostile.lies.authorization = { ...lie, times: 1 };
  return logIn(parlour, browser, { return_to: '/orders' });
}

async function finish({ hostile }: Pair, browser: HttpBrowser, page: Hop): Promise<Hop> {
  return page.url.startsWith(hostile.issuer) ? browser.submitForm() : page;
}

describe.each(MODES)('where %s was asked for', asked => {
  it.each(MODES)('A3: a response by %s is taken only if it’s that', async came => {
    const pair = pairOf(asked);
    const browser = new HttpBrowser();
    const end = await finish(pair, browser, await toResponse(pair, browser, { mode: came }));
    expect(await isLoggedIn(pair.parlour, browser)).toBe(came === asked);
    expect(pair.hostile.count('token')).toBe(came === asked ? 1 : 0);
    if (came === asked) expect(end.url).toBe(`${pair.parlour.url}/orders`);
    else expect([400, 405]).toContain(end.status);
  });

  it('A3: a code beside a signed response isn’t looked at', async () => {
    const pair = pairOf(asked);
    const browser = new HttpBrowser();
    const lie = asked.endsWith('.jwt') ? { beside: { code: 'x' } } : { beside: { response: 'x.y.z' } };
    const end = await finish(pair, browser, await toResponse(pair, browser, lie));
    expect(end.status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
  });

  it('B5: the login’s cookie is None only where a form brings it, and Secure and HttpOnly anyway', async () => {
    const pair = pairOf(asked);
    const browser = new HttpBrowser();
    const hop = await browser.navigate(`${pair.parlour.url}/login`, { follow: false });
    const sameSite = asked.startsWith('form_post') ? 'None' : 'Lax';
    expect(hop.setCookie).toHaveLength(1);
    for (const attribute of [`SameSite=${sameSite}`, 'Secure', 'HttpOnly', 'Path=/'])
      expect(hop.setCookie[0]).toContain(`; ${attribute}`);
    expect(hop.setCookie[0]).not.toContain('Domain');
    await finish(pair, browser, await toResponse(pair, browser));
    const session = browser.hops.flatMap(({ setCookie }) => setCookie).find(line => line.includes('-session='));
    expect(session).toContain('; SameSite=Strict');
  });

  it('S1: another method than its own gets 405 and is told which', async () => {
    const { parlour } = pairOf(asked);
    const allow = asked.startsWith('form_post') ? 'GET, POST' : 'GET';
    const methods = allow === 'GET' ? ['POST', 'PUT', 'HEAD', 'DELETE'] : ['PUT', 'HEAD', 'DELETE'];
    for (const method of methods) {
      const hop = await new HttpBrowser().navigate(`${parlour.url}/callback`, { method, initiator: parlour.url });
      expect([method, hop.status, hop.headers['allow']]).toEqual([method, 405, allow]);
    }
  });
});

describe.each(['form_post', 'form_post.jwt'] as const)('a form (%s)', mode => {
  it('B2: brings the code in no URL, from a server that says no Origin as well', async () => {
    for (const headers of [{}, { origin: 'null' }]) {
      const pair = pairOf(mode);
      const browser = new HttpBrowser();
      await toResponse(pair, browser);
      expect((await browser.submitForm({}, { headers })).url).toBe(`${pair.parlour.url}/orders`);
      expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
      expect(browser.hops.filter(({ url }) => /[?&](?:code|response)=/.test(url))).toEqual([]);
    }
  });

  it('A10: that comes twice makes one token call, and the second goes on to return_to', async () => {
    const pair = pairOf(mode);
    const browser = new HttpBrowser();
    const page = await toResponse(pair, browser);
    await browser.submitForm();
    browser.page = page;
    expect((await browser.submitForm()).url).toBe(`${pair.parlour.url}/orders`);
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('A1: from a browser that started nothing is refused, without a call', async () => {
    const pair = pairOf(mode);
    const browser = new HttpBrowser();
    const page = await toResponse(pair, browser);
    const other = new HttpBrowser();
    other.page = page;
    const calls = pair.hostile.calls.length;
    expect((await other.submitForm()).status).toBe(400);
    expect(pair.hostile.calls).toHaveLength(calls);
  });

  const shapes: [string, Record<string, string>][] = [
    ['in an iframe', { 'sec-fetch-dest': 'iframe' }],
    ['by script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
    ['by a script that asks for nothing', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'no-cors' }],
  ];
  it.each(shapes)('F7: sent %s takes no transaction', async (_what, headers) => {
    const pair = pairOf(mode);
    const browser = new HttpBrowser();
    const page = await toResponse(pair, browser);
    const hop = await browser.submitForm({}, { headers });
    expect([hop.status, hop.setCookie]).toEqual([403, []]);
    expect(pair.hostile.count('token')).toBe(0);
    browser.page = page;
    expect((await browser.submitForm()).url).toBe(`${pair.parlour.url}/orders`);
  });

  it.each<[string, Spoilt, number]>([
    ['a field twice', { body: (form: string) => `${form}&extra=1&extra=2` }, 400],
    ['more than 16 kB', { body: (form: string) => `${form}&x=${'x'.repeat(17_000)}` }, 413],
    ['far more than 16 kB', { body: (form: string) => `${form}&x=${'x'.repeat(3_000_000)}` }, 413],
    ['a query', { query: '?code=x' }, 400],
    ['another content type', { type: 'text/plain' }, 400],
    ['no content type', { type: '' }, 400],
    ['nothing in it', { body: () => '' }, 400],
    ['bytes that are no UTF-8', { body: () => 'code=%ff%fe&state=%ff' }, 400],
  ])('S4: with %s is refused, and the attempt stays', async (_what, spoilt, status) => {
    const pair = pairOf(mode);
    const { body = (form: string) => form, query = '', type = 'application/x-www-form-urlencoded' } = spoilt;
    const browser = new HttpBrowser();
    const page = await toResponse(pair, browser);
    const hop = await browser.navigate(`${pair.parlour.url}/callback${query}`, {
      method: 'POST',
      initiator: pair.hostile.issuer,
      form: new URLSearchParams(body(fieldsOf(page))),
      headers: { 'content-type': type },
    });
    expect(hop.status).toBe(status);
    expect(pair.hostile.count('token')).toBe(0);
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(1);
    browser.page = page;
    expect((await browser.submitForm()).url).toBe(`${pair.parlour.url}/orders`);
  });

  it('S1: that breaks off harms nobody', async () => {
    const pair = pairOf(mode);
    const before = brokenForms();
    const { port } = new URL(pair.parlour.url);
    const type = 'Content-Type: application/x-www-form-urlencoded';
    const head = `POST /callback HTTP/1.1\r\nHost: localhost:${port}\r\n${type}\r\nContent-Length: 100\r\n\r\ncode=`;
    await breakOff(Number(port), head);
    await until('the form has broken off', () => brokenForms() > before);
    const browser = new HttpBrowser();
    await finish(pair, browser, await toResponse(pair, browser));
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });
});

describe('with form_post', () => {
  it('P8: a server that has lost the request says so in the query, and it’s pushed anew', async () => {
    const pair = pairOf('form_post');
    const browser = new HttpBrowser();
    const parameters = { code: undefined, state: undefined, error: 'invalid_request_uri' };
    const page = await toResponse(pair, browser, { mode: 'query', parameters });
    expect((await finish(pair, browser, page)).url).toBe(`${pair.parlour.url}/orders`);
    expect(pair.hostile.count('par')).toBe(2);
  });

  it('P8: what isn’t signed restarts nothing where it has to be: a page with a button', async () => {
    for (const mode of ['query.jwt', 'form_post.jwt'] as const) {
      const pair = pairOf(mode);
      const parameters = { code: undefined, state: undefined, error: 'invalid_request_uri' };
      const hop = await toResponse(pair, new HttpBrowser(), { mode: 'query', parameters });
      expect([hop.status, pair.hostile.count('par')]).toEqual([400, 1]);
      expect(hop.body).toContain('Log in again');
    }
  });
});

/** Nest has one logger a process. */
function brokenForms(): number {
  const refused = [...pairs.values()].flatMap(({ parlour }) => parlour.events('callback_refused'));
  return refused.filter(({ reason }) => reason === 'the form broke off').length;
}

/** Sends this, and goes. */
async function breakOff(port: number, bytes: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise(resolve => socket.write(bytes, resolve));
  socket.destroy();
}

function fieldsOf({ body }: Hop): string {
  const inputs = [...body.matchAll(/name="([^"]+)" value="([^"]*)"/g)];
  return new URLSearchParams(inputs.map(([, name = '', value = '']) => [name, value])).toString();
}
