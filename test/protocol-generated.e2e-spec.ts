import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { begin, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import { cookieOf, foreignCallback, queryOf } from './support/generated-callbacks.js';
import { idTokenLie, isCreated, mayStart, pushAnswer } from './support/generated-protocol.js';
import { inBatches, named, startsSession } from './support/generated-runs.js';
import type { Call } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID } from './support/parlour.js';

const CALLBACKS = 4000;
const PUSHES = 3600;
const ID_TOKENS = 1000;
const LIMIT = 300_000;

const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);
let pair: Pair;
beforeAll(async () => {
  process.on('unhandledRejection', keepUnhandled);
  const many = '1000000';
  pair = await startPair({ LOGIN_BURST: many, LOGIN_BURST_TOTAL: many, PUSHES_IN_FLIGHT: '1000', LOG_LEVEL: 'error' });
});
afterAll(async () => {
  process.off('unhandledRejection', keepUnhandled);
  await pair.close();
});
beforeEach(() => pair.hostile.beHonest());
afterEach(() => {
  expect(unhandled).toEqual([]);
  expect(pair.parlour.events('request_failed')).toEqual([]);
});

it(
  named(
    `S1, A1, A2: none of ${CALLBACKS} generated callbacks makes a token call, a session or a 5xx; the genuine one lands`,
  ),
  async () => {
    const statuses = new Set<number>();
    await inBatches(CALLBACKS, foreignCallback, async callbacks => {
      pair.hostile.beHonest();
      const browser = new HttpBrowser();
      const genuine = await toCallback(pair.parlour, browser, { return_to: '/orders' });
      const [own = { name: '', value: '' }] = transactionCookies(pair.parlour, browser);
      const hops = await Promise.all(
        callbacks.map(callback => {
          const url = `${genuine.origin}/callback?${queryOf(callback, genuine.searchParams)}`;
          return new HttpBrowser().navigate(url, {
            headers: { cookie: cookieOf(callback.cookie, own) },
            follow: false,
          });
        }),
      );
      for (const hop of hops) {
        expect([303, 400]).toContain(hop.status);
        expect([undefined, pair.parlour.url, pair.hostile.issuer]).toContain(
          hop.location && new URL(hop.location).origin,
        );
        statuses.add(hop.status);
      }
      expect(hops.filter(startsSession)).toEqual([]);
      expect(pair.hostile.count('token')).toBe(0);
      const end = await browser.navigate(genuine.href, { follow: false });
      expect([end.location, startsSession(end)]).toEqual([`${pair.parlour.url}/orders`, true]);
      expect(pair.hostile.count('token')).toBe(1);
    });
    expect(statuses).toEqual(new Set([303, 400]));
  },
  LIMIT,
);

/** Which of the batch this is: it went along as a login parameter. */
const numberIn = (request: URLSearchParams) => Number(request.get('login_hint'));

it(
  named(
    `S1, P5: after ${PUSHES} generated PAR answers the browser goes on with those that are right, and gets 502 or 503 for the others`,
  ),
  async () => {
    const statuses = new Set<number>();
    await inBatches(PUSHES, pushAnswer, async answers => {
      pair.hostile.beHonest();
      pair.hostile.chosen.answer = ({ endpoint, params }: Call) =>
        endpoint === 'par' ? answers[numberIn(params)] : undefined;
      const hops = await Promise.all(
        answers.map((_answer, login_hint) => begin(pair.parlour, { login_hint: String(login_hint) })),
      );
      hops.forEach(({ status, location }, index) => {
        const answer = answers[index] ?? {};
        expect({ answer, goesOn: status === 303 }).toEqual({ answer, goesOn: isCreated(answer) });
        expect([303, 502, 503]).toContain(status);
        if (location !== undefined) expect(location.split('?')[0]).toBe(`${pair.hostile.issuer}/authorize`);
        statuses.add(status);
      });
      expect(pair.hostile.count('token')).toBe(0);
    });
    expect(statuses).toEqual(new Set([303, 502, 503]));
  },
  LIMIT,
);

it(
  named(`S1, A4: of ${ID_TOKENS} generated ID tokens only valid ones start a session; the others are no 5xx`),
  async () => {
    const ends = new Set<boolean>();
    await inBatches(ID_TOKENS, idTokenLie, async lies => {
      pair.hostile.beHonest();
      pair.hostile.chosen.idToken = request => lies[numberIn(request)];
      const since = Date.now() / 1000;
      const hops = await Promise.all(lies.map((_lie, index) => wholeLogin(index)));
      hops.forEach((hop, index) => {
        const lie = lies[index] ?? {};
        const started = startsSession(hop);
        expect([303, hop.location === `${pair.parlour.url}/orders`]).toEqual([hop.status, started]);
        if (started)
          expect({ lie, may: mayStart(lie, pair.hostile.issuer, CLIENT_ID, since) }).toEqual({ lie, may: true });
        ends.add(started);
      });
      pair.hostile.beHonest();
      expect(startsSession(await wholeLogin(0))).toBe(true);
    });
    expect(ends).toEqual(new Set([true, false]));
  },
  LIMIT,
);

/** The callback's answer. */
async function wholeLogin(login_hint: number): Promise<Hop> {
  const browser = new HttpBrowser();
  const callback = await toCallback(pair.parlour, browser, { return_to: '/orders', login_hint: String(login_hint) });
  return browser.navigate(callback.href, { follow: false });
}
