import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn, type Pair, startPair, transactionCookies } from './login-flow.js';
import {
  idTokenLies,
  idTokenOddities,
  jwksLies,
  tokenLies,
  tokenOddities,
} from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ OUTBOUND_TIMEOUT: '3' });
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

/** The `login_error` a login ends with; nothing when it ends with a session. */
async function endOf(parameters: Record<string, string> = {}, parlour = pair.parlour): Promise<string | null> {
  const browser = new HttpBrowser();
  await logIn(parlour, browser, { return_to: '/orders', ...parameters });
  const end = new URL(browser.url ?? '');
  expect(end.origin + end.pathname).toBe(`${parlour.url}/orders`);
  const error = end.searchParams.get('login_error');
  expect(await isLoggedIn(parlour, browser)).toBe(error === null);
  if (error !== null) expect(transactionCookies(parlour, browser)).toEqual([]);
  return error;
}

describe('an ID token is refused, and no session begins, when', () => {
  it.each(Object.entries(idTokenLies))('A4: %s', async (_name, lie) => {
    pair.hostile.lies.idToken = lie;
    expect(await endOf()).toBe('login_failed');
  });

  it.each([
    ['exp by 65 seconds', { exp: -65 }],
    ['iat ahead by 120 seconds', { iat: 120, exp: 300 }],
    ['nbf ahead by 120 seconds', { nbf: 120 }],
  ])('A4: the clock skew of 60 seconds doesn’t cover %s', async (_name, offsets) => {
    pair.hostile.lies.idToken = {
      claims: ({ iat }) => Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, iat + offset])),
    };
    expect(await endOf()).toBe('login_failed');
  });

  it('A4: the login’s nonce is another attempt’s', async () => {
    await endOf();
    const nonce = pair.hostile.to('par')[0]?.params.get('nonce');
    pair.hostile.lies.idToken = { claims: { nonce } };
    expect(await endOf()).toBe('login_failed');
  });

  it.each(Object.entries(jwksLies))('A4: its key set can’t be had: %s', async (_name, lie) => {
    // the keys that are known already would do
    const parlour = await startParlour(pair.hostile.issuer);
    pair.hostile.lies.jwks = lie;
    expect(['login_failed', 'temporarily_unavailable']).toContain(await endOf({}, parlour));
    await parlour.close();
  });
});

describe('an ID token is accepted when', () => {
  it.each(Object.entries(idTokenOddities))('A4: %s', async (_name, lie) => {
    pair.hostile.lies.idToken = lie;
    expect(await endOf()).toBeNull();
  });

  it('A8: its kid is shared by four keys, of which kty, use and alg tell the right one', async () => {
    const parlour = await startParlour(pair.hostile.issuer);
    pair.hostile.lies.jwks = { twins: true };
    expect(await endOf({}, parlour)).toBeNull();
    // the stranger's is published under that kid, too, for encryption and for another algorithm
    pair.hostile.lies.idToken = { signature: 'stranger' };
    expect(await endOf({}, parlour)).toBe('login_failed');
    await parlour.close();
  });
});

describe('the token response', () => {
  const unavailable = ['429', '500', '503', 'a body that breaks off', 'a closed connection', 'no answer'];
  it.each(Object.entries(tokenLies))('P5, S1: %s ends the login with an error of ours', async (name, lie) => {
    pair.hostile.lies.token = lie;
    expect(await endOf()).toBe(unavailable.includes(name) ? 'temporarily_unavailable' : 'login_failed');
    expect(pair.hostile.count('token')).toBe(1);
  });

  it('B1, P5: refused credentials raise an alarm', async () => {
    const parlour = await startParlour(pair.hostile.issuer);
    pair.hostile.lies.token = tokenLies['401 invalid_client'];
    expect(await endOf({}, parlour)).toBe('login_failed');
    expect(parlour.events('client_rejected')).toEqual([expect.objectContaining({ level: 'error', endpoint: 'token' })]);
    await parlour.close();
  });

  it.each(['discovery', 'jwks', 'userinfo'] as const)(
    'P5: a 401 of %s, which asks for no credentials, is no alarm',
    async endpoint => {
      const parlour = await startParlour(pair.hostile.issuer, { USERINFO: 'true' });
      const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
      pair.hostile.lies[endpoint] = { status: 401, headers: challenge, body: { error: 'invalid_client' } };
      await logIn(parlour, new HttpBrowser());
      expect(pair.hostile.count(endpoint)).toBeGreaterThan(0);
      expect([...parlour.events('login_failed'), ...parlour.events('push_failed')]).toHaveLength(1);
      expect(parlour.events('client_rejected')).toEqual([]);
      await parlour.close();
    },
  );

  it.each(Object.entries(tokenOddities))('A7: %s is accepted', async (_name, lie) => {
    pair.hostile.lies.token = lie;
    expect(await endOf()).toBeNull();
  });
});

describe('what was asked for must be answered', () => {
  const authTime = (ago: number) => ({ claims: ({ iat }: { iat: number }) => ({ auth_time: iat - ago }) });

  it.each([
    ['an auth_time within max_age', authTime(200), null],
    ['an auth_time beyond max_age by less than the skew', authTime(330), null],
    ['an auth_time beyond max_age', authTime(400), 'login_failed'],
    ['no auth_time', { claims: { auth_time: undefined } }, 'login_failed'],
    ['an auth_time that is no number', { claims: { auth_time: 'now' } }, 'login_failed'],
  ])('A9: max_age=300 and %s', async (_what, lie, expected) => {
    pair.hostile.lies.idToken = lie;
    expect(await endOf({ max_age: '300' })).toBe(expected);
  });

  it.each([
    ['one of them', { claims: { acr: 'silver' } }, null],
    ['another', { claims: { acr: 'bronze' } }, 'login_failed'],
    ['none', { claims: { acr: undefined } }, 'login_failed'],
    ['a list of them', { claims: { acr: ['gold', 'silver'] } }, 'login_failed'],
    ['both in one', { claims: { acr: 'gold silver' } }, 'login_failed'],
  ])('A9: acr_values=gold silver and the acr is %s', async (_what, lie, expected) => {
    pair.hostile.lies.idToken = lie;
    expect(await endOf({ acr_values: 'gold silver' })).toBe(expected);
  });

  it('A9: a return_to that leaves the cookie no room for it changes nothing', async () => {
    pair.hostile.lies.idToken = { claims: { acr: 'bronze' } };
    const browser = new HttpBrowser();
    const acr_values = Array.from({ length: 10 }, (_, index) => `urn:mace:acr-${index}`).join(' ');
    await logIn(pair.parlour, browser, { return_to: `/${'x'.repeat(511)}`, acr_values });
    expect(browser.url).toMatch(/login_error=login_failed$/);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(false);
  });

  it('A9: what AUTHORIZATION_PARAMS asks for counts as well', async () => {
    const parlour = await startParlour(pair.hostile.issuer, { AUTHORIZATION_PARAMS: 'acr_values=gold&max_age=300' });
    expect(await endOf({}, parlour)).toBeNull();
    pair.hostile.lies.idToken = { claims: { acr: 'bronze' } };
    expect(await endOf({}, parlour)).toBe('login_failed');
    pair.hostile.lies.idToken = authTime(400);
    expect(await endOf({}, parlour)).toBe('login_failed');
    await parlour.close();
  });
});
