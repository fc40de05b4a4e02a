import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { toCallback } from './login-flow.js';
import { proofOf } from './support/hostile/dpop.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi, turnClock } from './support/scene.js';

let hostile: Hostile;
let api: RecordingApi;
let parlour: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startRecordingApi();
});
beforeEach(() => {
  hostile.beHonest();
  api.requests.length = 0;
});
afterEach(async () => {
  jest.useRealTimers();
  await parlour.close();
});
afterAll(async () => {
  await api.close();
  await hostile.close();
});

const start = async (dpop: boolean) => {
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api=${api.url}`, DPOP: String(dpop) });
};
/** The same server, at the same place with the same storage, switched over. */
const restart = async (dpop: boolean) => {
  await parlour.close();
  parlour = await startParlour(hostile.issuer, { ...parlour.environment, DPOP: String(dpop) });
};
const call = async (browser: HttpBrowser) => {
  await script(browser, `${parlour.url}/api/orders`);
  return api.requests.at(-1)?.authorization.split(' ')[0];
};
const provenAt = (grantType: string) =>
  hostile.to('token', grantType).map(({ headers }) => proofOf(headers) !== undefined);

describe('DPOP, switched on', () => {
  it('F6: leaves a session that began before as it is until its next refresh, which binds its tokens', async () => {
    await start(false);
    const browser = await loggedIn(parlour.url);
    await restart(true);
    expect(await call(browser)).toBe('Bearer');
    turnClock(280);
    expect(await call(browser)).toBe('DPoP');
    expect(provenAt('refresh_token')).toEqual([true]);
    turnClock(280);
    expect(await call(browser)).toBe('DPoP');
  });

  it('F6: binds the tokens of a login that began before to a key, though none was pushed', async () => {
    await start(false);
    const browser = new HttpBrowser();
    const callback = await toCallback(parlour, browser);
    expect(hostile.to('par')[0]?.params.has('dpop_jkt')).toBe(false);
    await restart(true);
    await browser.navigate(callback.href);
    expect(await isLoggedIn(browser, parlour)).toBe(true);
    expect(await call(browser)).toBe('DPoP');
  });
});

describe('DPOP, switched off', () => {
  it('F6: keeps the key of a session that has one, and its refreshes prove it', async () => {
    await start(true);
    const browser = await loggedIn(parlour.url);
    await restart(false);
    expect(await call(browser)).toBe('DPoP');
    turnClock(280);
    expect(await call(browser)).toBe('DPoP');
    expect(provenAt('refresh_token')).toEqual([true]);
  });

  it('F6: finishes a login whose code is bound to a key with that key', async () => {
    await start(true);
    const browser = new HttpBrowser();
    const callback = await toCallback(parlour, browser);
    await restart(false);
    await browser.navigate(callback.href);
    expect(provenAt('authorization_code')).toEqual([true]);
    expect(await call(browser)).toBe('DPoP');
  });

  it('F6: takes no bound token that it didn’t ask for', async () => {
    await start(false);
    hostile.lies = { token: { members: { token_type: 'DPoP' } } };
    const browser = new HttpBrowser();
    await browser.navigate(`${parlour.url}/login`);
    expect(browser.url).toBe(`${parlour.url}/?login_error=login_failed`);
    expect(parlour.events('login_failed')).toEqual([
      expect.objectContaining({ reason: 'token_type is dpop, not bearer' }),
    ]);
  });
});
