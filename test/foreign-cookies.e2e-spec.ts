import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, type Pair, startPair, toCallback, transactionCookies } from './login-flow.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { cookieHeader, loggedIn } from './support/scene.js';

/** Bytes as Node reads them, in Latin-1: what JavaScript takes for a blank there, and what else no name may hold. */
const ODD = ['\xa0', '\xa0 ', ' \xa0', '\x85', '\xef\xbb\xbf', '"', '['];

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

const url = () => pair.parlour.url;
const send = (path: string, cookie: string, ...fields: string[]) =>
  rawRequest({
    port: pair.parlour.port,
    lines: [`GET ${path} HTTP/1.1`, `Host: localhost:${pair.parlour.port}`, `Cookie: ${cookie}`, ...fields],
  });
const session = async (cookie: string) => JSON.parse((await send('/session', cookie, 'X-CSRF: 1')).body);

describe('a cookie that a sibling may set, as its name lacks the prefix for a browser', () => {
  it.each(ODD)('B10, B22: with %j before or behind the session cookie’s name is nobody’s session', async odd => {
    const theirs = cookieHeader(await loggedIn(url()), url());
    expect(await session(`x=y;\t ${theirs}`)).toMatchObject({ authenticated: true });
    for (const cookie of [`${odd}${theirs}`, theirs.replace('=', `${odd}=`), `=${theirs}`, `;=${odd}${theirs}`]) {
      expect(await session(cookie)).toEqual({ authenticated: false });
    }
  });

  it('B22: takes nothing from the session cookie that stands beside it, on whichever side', async () => {
    pair.hostile.user = 'mallory';
    const theirs = cookieHeader(await loggedIn(url()), url());
    pair.hostile.user = 'alice';
    const mine = cookieHeader(await loggedIn(url()), url());
    for (const cookie of [`\xa0${theirs}; ${mine}`, `${mine};\xa0${theirs}`]) {
      expect(await session(cookie)).toMatchObject({ authenticated: true, user: { sub: 'alice' } });
    }
  });

  it.each(ODD)('B10, B22: with %j before a login transaction’s name finishes nobody’s login', async odd => {
    const attacker = new HttpBrowser();
    const callback = await toCallback(pair.parlour, attacker);
    const [cookie] = transactionCookies(pair.parlour, attacker);
    const path = callback.pathname + callback.search;
    for (const name of [`${odd}${cookie?.name}`, `${cookie?.name}${odd}`]) {
      const answer = await send(path, `${name}=${cookie?.value}`);
      expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
    }
    expect(pair.hostile.count('token')).toBe(0);
    await attacker.navigate(callback.href);
    expect(await isLoggedIn(pair.parlour, attacker)).toBe(true);
  });

  it.each(ODD)('S1: with a name that holds %j and can’t be deleted makes no login fail', async odd => {
    const answer = await send('/login', `__Host-Http-login.${odd}x=y; __Host-Http-login.x${odd}=y`);
    expect(answer.status).toBe(303);
  });
});
