import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { begin, type Pair, startPair, transactionCookies } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

const ALLOWED = 'localhost:5173';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ ALLOWED_ORIGINS: `http://${ALLOWED}` });
});
afterAll(() => pair.close());

describe('/login', () => {
  it('B21: leaves five cookies of twenty attempts, however short their return_to', async () => {
    const browser = new HttpBrowser();
    for (let attempt = 0; attempt < 20; attempt++) await begin(pair.parlour, {}, browser);
    expect(transactionCookies(pair.parlour, browser)).toHaveLength(5);
  });

  it.each(['user@', 'user:password@', ':password@'])(
    'S2: refuses a return_to with %s before an origin that it may lead to',
    async credentials => {
      for (const host of [`localhost:${pair.parlour.port}`, ALLOWED]) {
        const { status, location } = await begin(pair.parlour, { return_to: `http://${credentials}${host}/orders` });
        expect([host, status, location]).toEqual([host, 400, undefined]);
      }
    },
  );
});
