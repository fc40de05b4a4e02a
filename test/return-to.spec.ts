import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Frontends } from '../src/bff/frontend.js';
import { checkedReturnTo, withLoginError } from '../src/bff/login/return-to.js';
import { begin, logIn, type Pair, startPair } from './login-flow.js';
import { generatedReturnTo, hostileReturnTo, leadsToUs } from './return-to-values.js';
import { HttpBrowser } from './support/http-browser.js';

const ALLOWED = 'http://localhost:5173';
/** Repeat a failure with `SEED=… npm test`. */
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ PATH_PREFIX: '/App', ALLOWED_ORIGINS: ALLOWED });
});
afterAll(() => pair.close());

function frontend() {
  const [only] = pair.parlour.server.app.get(Frontends).all;
  if (!only) throw new Error('no frontend');
  return only;
}

/** Numbers below a limit, the same ones for the same seed (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** What the check lets through; `undefined` when it refuses. */
function checked(value: string): string | undefined {
  try {
    return checkedReturnTo(value, frontend());
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_return_to' });
    return undefined;
  }
}

/** Where a browser goes that gets this in a 303 of the callback. */
const followed = (location: string) => new URL(location, `${pair.parlour.url}/App/callback`);

function expectHarmless(value: string, result: string): void {
  for (const location of [result, withLoginError(result, 'login_failed', frontend())]) {
    const end = followed(location);
    expect([value, [pair.parlour.url, ALLOWED].includes(end.origin)]).toEqual([value, true]);
    expect([value, leadsToUs(end, pair.parlour.url, '/App')]).toEqual([value, false]);
    expect(location).toMatch(/^[\x21-\x7e]+$/);
  }
  expect(result.length).toBeLessThanOrEqual(512);
  // checking twice changes nothing: what is stored is what was checked
  expect(checked(result)).toBe(result);
}

describe('return_to', () => {
  it.each([
    '/',
    '/a',
    '/a/b?c=d&e=f#g',
    '/ä?ö=ü',
    '/a?next=//evil.example',
    '/a?next=https://evil.example/',
    '/loginx',
    '/app',
    '/apis',
  ])('S2: %s is a place of the app', value => expect(checked(value)).toBeDefined());

  it('S2: an absolute URL may lead to this origin and to those of ALLOWED_ORIGINS, exactly', () => {
    expect(checked(`${pair.parlour.url}/orders?x#y`)).toBe('/orders?x#y');
    expect(checked(`${ALLOWED}/orders`)).toBe(`${ALLOWED}/orders`);
    expect(checked(ALLOWED.toUpperCase())).toBe(`${ALLOWED}/`);
    for (const near of [
      'http://spa.localhost',
      'https://localhost:5173',
      'http://localhost:51730',
      `${ALLOWED}.evil.example`,
    ]) {
      expect([near, checked(near)]).toEqual([near, undefined]);
    }
  });

  it.each(hostileReturnTo('http://localhost:3000', '/App'))('S2: %j is refused', value => {
    const result = checked(value.replaceAll('localhost:3000', new URL(pair.parlour.url).host));
    expect(result).toBeUndefined();
  });

  it(`S2: none of 5,000 generated values leaves the origin, or leads to an endpoint or an API route (SEED=${SEED})`, () => {
    const random = seeded(SEED);
    let accepted = 0;
    for (let count = 0; count < 5000; count++) {
      const value = generatedReturnTo('/App', random);
      const result = checked(value);
      if (result === undefined) continue;
      accepted++;
      expectHarmless(value, result);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(4500);
  });

  it('S2: 512 characters once normalised are the most', () => {
    expect(checked(`/${'x'.repeat(511)}`)).toHaveLength(512);
    expect(checked(`/${'x'.repeat(512)}`)).toBeUndefined();
    expect(checked(`/${'ä'.repeat(86)}`)).toBeUndefined();
    expect(checked(`/${'%25'.repeat(5000)}login`)).toBeUndefined();
  });
});

describe('over HTTP', () => {
  const login = (query: string) =>
    new HttpBrowser().navigate(`${pair.parlour.url}/App/login${query}`, { follow: false });

  it('S2: a refused return_to is a 400 without a push', async () => {
    const pushes = pair.hostile.count('par');
    for (const value of ['//evil.example', '/App/api/x', 'javascript:alert(1)', '']) {
      expect((await login(`?return_to=${encodeURIComponent(value)}`)).status).toBe(400);
    }
    expect(pair.hostile.count('par')).toBe(pushes);
    expect((await login('')).status).toBe(303);
  });

  it.each(['/orders?a=b#c', '/%2e%2e/x', '/a%20b?c=%26'])(
    'S2: %s is where the 303 of the callback leads',
    async value => {
      const browser = new HttpBrowser();
      await logIn({ ...pair.parlour, url: `${pair.parlour.url}/App` }, browser, { return_to: value });
      expect(browser.url).toBe(new URL(value, pair.parlour.url).href);
    },
  );

  it('S2: a page’s button leads only where the check would let it', async () => {
    const hop = await begin({ ...pair.parlour, url: `${pair.parlour.url}/App` }, { return_to: '//evil.example' });
    expect(hop.status).toBe(400);
    expect(hop.body).not.toContain('evil.example');
  });
});
