import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startTwoFrontends } from './login-flow.js';
import { rawRequest } from './support/http-browser.js';
import { turnClock } from './support/scene.js';

let pair: Awaited<ReturnType<typeof startTwoFrontends>>;
beforeAll(async () => {
  pair = await startTwoFrontends();
});
afterAll(() => pair.close());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const forgery = `s%3Aforged.${'x'.repeat(43)}`;
/** Of version 1, under a key that nobody has. */
const sealed = Buffer.concat([Buffer.of(1), Buffer.alloc(60, 7)]).toString('base64url');

/** A session and a transaction that nobody here has made. */
async function sendForgeries(url: string): Promise<void> {
  const { host, port } = new URL(url);
  const cookie = `Cookie: __Host-Http-session=${forgery}; __Host-Http-login.x=${sealed}`;
  await rawRequest({ port: Number(port), lines: ['GET /login HTTP/1.1', `Host: ${host}`, cookie] });
}

describe('what was sealed or signed under keys that nobody has', () => {
  it('S1: is reported once a minute for each purpose and frontend, however much of it comes and whatever the clock on the wall says', async () => {
    const lines = () =>
      pair.parlour.events('unknown_key').map(({ frontend, purpose }) => [frontend, purpose].join(': '));
    const expected = ['one: session signature', 'one: transaction', 'two: session signature', 'two: transaction'];
    for (const url of [pair.one, pair.two]) {
      for (let count = 0; count < 20; count++) await sendForgeries(url);
    }
    expect(lines().toSorted()).toEqual(expected);
    expect(pair.parlour.events('unknown_key').filter(({ reference }) => reference !== undefined)).toHaveLength(2);
    turnClock(3600);
    await sendForgeries(pair.one);
    expect(lines()).toHaveLength(4);
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    for (const url of [pair.one, pair.two, pair.one]) await sendForgeries(url);
    expect(lines().toSorted()).toEqual([...expected, ...expected].toSorted());
  });
});
