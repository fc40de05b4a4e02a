import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTwoFrontends, toCallback } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, startParlour } from './support/parlour.js';

let pair: Awaited<ReturnType<typeof startTwoFrontends>>;
beforeAll(async () => {
  pair = await startTwoFrontends();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

/** A login under way at `url`: its callback and its transaction cookie, as they'd be sent. */
async function underWay(url: string): Promise<{ callback: URL; cookie: string }> {
  const browser = new HttpBrowser();
  const callback = await toCallback({ ...pair.parlour, url }, browser);
  const [cookie] = browser.cookies(callback.href);
  return { callback, cookie: `${cookie?.name}=${cookie?.value}` };
}

function callbackAt(url: string, { callback, cookie }: { callback: URL; cookie: string }) {
  const moved = new URL(callback.pathname + callback.search, url);
  return new HttpBrowser().navigate(moved.href, { headers: { cookie }, follow: false });
}

describe('a transaction cookie', () => {
  it('B28: of one frontend opens at no other', async () => {
    const login = await underWay(pair.one);
    expect((await callbackAt(pair.two, login)).status).toBe(400);
    expect(pair.hostile.count('token')).toBe(0);
    expect((await callbackAt(pair.one, login)).status).toBe(303);
  });

  it('B28, A2: of one issuer opens at no other, with the same keys and storage', async () => {
    const other = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    const before = await startParlour(pair.hostile.issuer);
    const browser = new HttpBrowser();
    const callback = await toCallback(before, browser);
    await before.close();
    const after = await startParlour(other.issuer, { ...before.environment, ISSUER: other.issuer });
    callback.searchParams.set('iss', other.issuer);
    const hop = await browser.navigate(callback.href);
    expect(hop.status).toBe(400);
    expect(hop.setCookie.join()).toMatch(/__Host-Http-login\.[\w-]+=; Max-Age=0/);
    expect(other.calls).toEqual([]);
    await after.close();
    await other.close();
  });
});
