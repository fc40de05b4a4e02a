import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn, type Pair, startPair } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, startParlour } from './support/parlour.js';

let pair: Pair;
const others: Parlour[] = [];
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());
afterEach(async () => {
  for (const parlour of others.splice(0)) await parlour.close();
});

/** The `login_error` that a login ends with; nothing when it ends with a session. */
async function endOf(environment: Record<string, string>, parameters: Record<string, string> = {}) {
  const parlour = await startParlour(pair.hostile.issuer, environment);
  others.push(parlour);
  const browser = new HttpBrowser();
  const { url } = await logIn(parlour, browser, { return_to: '/orders', ...parameters });
  const error = new URL(url).searchParams.get('login_error');
  expect(await isLoggedIn(parlour, browser)).toBe(error === null);
  return error;
}

const asking = (id_token: object) => ({ CLAIMS: JSON.stringify({ id_token }) });
const gold = { essential: true, values: ['gold', 'platinum'] };

describe('an acr that the claims parameter asks for', () => {
  it.each<[string, object, unknown, string | null]>([
    ['one of the essential ones', { acr: gold }, 'platinum', null],
    ['none of the essential ones', { acr: gold }, 'silver', 'login_failed'],
    ['missing, and essential', { acr: gold }, undefined, 'login_failed'],
    ['a list of essential ones', { acr: gold }, ['gold'], 'login_failed'],
    ['the essential value', { acr: { essential: true, value: 'gold' } }, 'gold', null],
    ['not the essential value', { acr: { essential: true, value: 'gold' } }, 'goldish', 'login_failed'],
    ['any, where any is essential', { acr: { essential: true } }, 'bronze', null],
    ['missing, where any is essential', { acr: { essential: true } }, undefined, 'login_failed'],
    ['another, and voluntary', { acr: { values: ['gold'] } }, 'silver', null],
    ['missing, and voluntary', { acr: null }, undefined, null],
  ])('A9: is %s', async (_what, claims, acr, expected) => {
    pair.hostile.lies.idToken = { claims: { acr } };
    expect(await endOf(asking(claims))).toBe(expected);
  });

  it('A9: has to be right for acr_values of the browser as well', async () => {
    pair.hostile.lies.idToken = { claims: { acr: 'gold' } };
    expect(await endOf(asking({ acr: gold }), { acr_values: 'gold silver' })).toBeNull();
    expect(await endOf(asking({ acr: gold }), { acr_values: 'silver' })).toBe('login_failed');
  });
});

it('A9: tokens that don’t answer what was asked for are given back', async () => {
  pair.hostile.lies.idToken = { claims: { acr: 'silver' } };
  expect(await endOf(asking({ acr: gold }))).toBe('login_failed');
  const revoked = pair.hostile.to('revocation').map(({ params }) => params.get('token'));
  const newest = (kind: string) => pair.hostile.issued.findLast(issued => issued.kind === kind)?.value;
  expect(revoked).toEqual([newest('refresh_token'), newest('access_token')]);
});

describe('an auth_time that the claims parameter asks for', () => {
  it.each<[string, object, unknown, string | null]>([
    ['there', { auth_time: { essential: true } }, 1_700_000_000, null],
    ['missing, and essential', { auth_time: { essential: true } }, undefined, 'login_failed'],
    ['missing, and voluntary', { auth_time: null }, undefined, null],
  ])('A9: is %s', async (_what, claims, auth_time, expected) => {
    pair.hostile.lies.idToken = { claims: { auth_time } };
    expect(await endOf(asking(claims))).toBe(expected);
  });
});

describe('a silent login (prompt=none)', () => {
  it('A9: satisfies max_age and acr_values, or fails as any other', async () => {
    pair.hostile.lies.idToken = { claims: ({ iat }) => ({ auth_time: iat - 400 }) };
    expect(await endOf({}, { prompt: 'none', max_age: '300' })).toBe('login_failed');
    expect(await endOf({}, { prompt: 'none', max_age: '500' })).toBeNull();
  });
});

describe('the granted scope', () => {
  it.each<[string, unknown, string[] | undefined]>([
    ['all that was asked for', 'openid profile orders:read offline_access', undefined],
    ['the same in another order', 'offline_access orders:read profile openid', undefined],
    ['more than was asked for', 'openid profile orders:read offline_access admin', undefined],
    ['not said, which means all', undefined, undefined],
    ['that of the API alone, for which the token is', 'orders:read', undefined],
    ['less', 'openid profile', ['orders:read']],
    ['another', 'orders', ['orders:read']],
  ])('RFC 6749 §3.3: is %s; the login stands, and the log says what is missing', async (_what, scope, missing) => {
    const SCOPE = 'openid profile orders:read offline_access';
    const parlour = await startParlour(pair.hostile.issuer, { SCOPE });
    others.push(parlour);
    pair.hostile.lies.token = { members: { scope } };
    const browser = new HttpBrowser();
    await logIn(parlour, browser);
    expect(await isLoggedIn(parlour, browser)).toBe(true);
    const expected = { level: 'warn', missing, frontend: 'default', reference: expect.any(String) };
    expect(parlour.events('scope_reduced')).toEqual(missing === undefined ? [] : [expect.objectContaining(expected)]);
  });
});
