import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import {
  type AuthorizationLie,
  jwksLies,
  signedResponseLies,
  signedResponseOddities,
} from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';

type Servers = Pick<Pair, 'hostile' | 'parlour'>;

let pair: Pair;
let posting: Pair;
beforeAll(async () => {
  pair = await startPair({ RESPONSE_MODE: 'query.jwt' });
  posting = await startPair({ RESPONSE_MODE: 'form_post.jwt' });
});
afterAll(async () => {
  await pair.close();
  await posting.close();
});
beforeEach(() => {
  for (const { hostile } of [pair, posting]) hostile.beHonest();
});

/** A login whose response is told like this, up to the answer of the callback. */
async function callbackOf({ hostile, parlour }: Servers, lie: AuthorizationLie, browser = new HttpBrowser()) {
  hostile.lies.authorization = { ...lie, times: 1 };
  const page = await logIn(parlour, browser, { return_to: '/orders' });
  return page.body.includes('<form') && page.url.startsWith(hostile.issuer) ? browser.submitForm() : page;
}

async function expectRefused({ hostile, parlour }: Servers, hop: Hop, browser: HttpBrowser): Promise<void> {
  expect(hop.status).toBe(400);
  expect(hop.body).toContain('The answer doesn’t fit the login that was started here');
  expect(hostile.count('token')).toBe(0);
  expect(await isLoggedIn(parlour, browser)).toBe(false);
  // whoever sent it hasn't spoilt the attempt for the one who is meant
  expect(transactionCookies(parlour, browser)).toHaveLength(1);
}

/** Nest has one logger a process. */
function refusals(): number {
  return [pair, posting].flatMap(({ parlour }) => parlour.events('callback_refused')).length;
}

describe('a signed response is refused, and nothing exchanged, when', () => {
  it.each(Object.entries(signedResponseLies))('A3: %s', async (_name, lie) => {
    const browser = new HttpBrowser();
    const before = refusals();
    await expectRefused(pair, await callbackOf(pair, lie, browser), browser);
    expect(refusals()).toBe(before + 1);
  });

  it.each(Object.entries(signedResponseLies))('A3: it comes as a form, and %s', async (_name, lie) => {
    const browser = new HttpBrowser();
    await expectRefused(posting, await callbackOf(posting, lie, browser), browser);
  });

  it.each([
    ['no JWT at all', 'not-a-jwt'],
    ['a JWT with a payload that is no JSON', `${encoded('{"alg":"RS256"}')}.${encoded('x')}.AA`],
    ['five parts, which would be encrypted', 'a.b.c.d.e'],
    ['a JWT that says neither code nor error', `${encoded('{"alg":"RS256"}')}.${encoded('{"state":"x"}')}.AA`],
  ])('A3: it’s %s', async (_what, raw) => {
    const browser = new HttpBrowser();
    const hop = await callbackOf(pair, { jwt: { raw } }, browser);
    expect(hop.status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(false);
  });

  it('A3: it’s an ID token of the same server, for the same client', async () => {
    await logIn(pair.parlour, new HttpBrowser());
    const raw = pair.hostile.issued.find(({ kind }) => kind === 'id_token')?.value;
    pair.hostile.beHonest();
    expect((await callbackOf(pair, { jwt: { raw } })).status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
  });

  it.each([
    ['another one', { state: 'another-state' }],
    ['missing', { state: undefined }],
  ])('A1: its state is %s', async (_what, parameters) => {
    const hop = await callbackOf(pair, { parameters });
    expect(hop.status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
  });

  it('A1: it’s another browser’s', async () => {
    const callback = await toCallback(pair.parlour, new HttpBrowser());
    const hop = await new HttpBrowser().navigate(callback.href);
    expect([hop.status, pair.hostile.count('token')]).toEqual([400, 0]);
  });

  it('A3: its algorithm isn’t the registered one, though a key for it is published', async () => {
    const parlour = await startParlour(pair.hostile.issuer, {
      RESPONSE_MODE: 'query.jwt',
      AUTHORIZATION_SIGNED_RESPONSE_ALG: 'ES256',
    });
    const elliptic = { hostile: pair.hostile, parlour };
    const browser = new HttpBrowser();
    await expectRefused(elliptic, await callbackOf(elliptic, { jwt: {} }, browser), browser);
    expect((await callbackOf(elliptic, { jwt: { alg: 'ES256' } }, browser)).url).toBe(`${parlour.url}/orders`);
    await parlour.close();
  });
});

describe('a signed response', () => {
  it.each(Object.entries(signedResponseOddities))('A3: is taken when %s', async (_name, lie) => {
    for (const one of [pair, posting]) {
      const browser = new HttpBrowser();
      expect((await callbackOf(one, lie, browser)).url).toBe(`${one.parlour.url}/orders`);
      expect(await isLoggedIn(one.parlour, browser)).toBe(true);
    }
  });

  it('A3: is asked for by its mode, and is all that the callback’s URL holds', async () => {
    const callback = await toCallback(pair.parlour, new HttpBrowser());
    expect(pair.hostile.to('par')[0]?.params.get('response_mode')).toBe('query.jwt');
    expect([...callback.searchParams.keys()]).toEqual(['response']);
  });

  it('A10: that comes twice makes one token call, and the second goes on to return_to', async () => {
    const browser = new HttpBrowser();
    const callback = await toCallback(pair.parlour, browser, { return_to: '/orders' });
    await browser.navigate(callback.href);
    expect((await browser.navigate(callback.href)).url).toBe(`${pair.parlour.url}/orders`);
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('A2: of an error goes back to the app with its code, once its iss is verified', async () => {
    const parameters = { code: undefined, error: 'access_denied', error_description: 'secret reason' };
    for (const one of [pair, posting]) {
      const hop = await callbackOf(one, { parameters });
      expect(hop.url).toBe(`${one.parlour.url}/orders?login_error=access_denied`);
      expect(one.hostile.count('token')).toBe(0);
      const refused = await callbackOf(one, { parameters, jwt: { claims: { iss: undefined } } });
      expect(refused.status).toBe(400);
    }
  });

  it('P8: of an expired request_uri, with or without state, pushes it anew, once', async () => {
    const parameters = { code: undefined, error: 'invalid_request_uri' };
    for (const state of [{}, { state: undefined }]) {
      pair.hostile.beHonest();
      const hop = await callbackOf(pair, { parameters: { ...parameters, ...state } });
      expect(hop.url).toBe(`${pair.parlour.url}/orders`);
      expect(pair.hostile.count('par')).toBe(2);
    }
  });

  it('P12: without an attempt of this browser’s asks nobody for keys, nor for anything', async () => {
    const parlour = await startParlour(pair.hostile.issuer, { RESPONSE_MODE: 'query.jwt' });
    const callback = await toCallback(parlour, new HttpBrowser());
    const calls = pair.hostile.calls.length;
    expect((await new HttpBrowser().navigate(callback.href)).status).toBe(400);
    expect(pair.hostile.calls).toHaveLength(calls);
    await parlour.close();
  });

  it.each(Object.entries(jwksLies))(
    'A3: isn’t taken while its keys can’t be had, and is later: %s',
    async (name, lie) => {
      const parlour = await startParlour(pair.hostile.issuer, { RESPONSE_MODE: 'query.jwt' });
      const browser = new HttpBrowser();
      const callback = await toCallback(parlour, browser, { return_to: '/orders' });
      pair.hostile.lies.jwks = lie;
      const hop = await browser.navigate(callback.href);
      expect(hop.status).toBe(['a 500', 'a closed connection'].includes(name) ? 503 : 400);
      expect(pair.hostile.count('token')).toBe(0);
      pair.hostile.beHonest();
      // a key set without keys is believed for a while
      if (name !== 'no key') expect((await browser.navigate(callback.href)).url).toBe(`${parlour.url}/orders`);
      await parlour.close();
    },
  );

  it('A3: fetches the server’s keys once for many logins', async () => {
    const parlour = await startParlour(pair.hostile.issuer, { RESPONSE_MODE: 'query.jwt' });
    for (const browser of [new HttpBrowser(), new HttpBrowser()]) await logIn(parlour, browser);
    // one for the responses, one for the ID tokens
    expect(pair.hostile.count('jwks')).toBe(2);
    await parlour.close();
  });
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
