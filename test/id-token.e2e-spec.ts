import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { idTokenLies, idTokenOddities, type Lies, tokenLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';
import { isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => scene.hostile.beHonest());
afterEach(() => {
  scene.api.reply = undefined;
  jest.useRealTimers();
});

const call = (browser: HttpBrowser) => script(browser, `${scene.parlour.url}/api/orders`);
const newest = (kind: 'access_token' | 'refresh_token') =>
  scene.hostile.issued.findLast(issued => issued.kind === kind)?.value;

describe('an ID token', () => {
  it.each(['ES256', 'PS256'] as const)(
    'A4: of %s is refused where RS256 is registered, though the server supports that, too',
    async alg => {
      const several = { id_token_signing_alg_values_supported: ['RS256', 'ES256', 'PS256'] };
      scene.hostile.lies = { discovery: { members: several }, idToken: { alg } };
      const parlour = await startParlour(scene.hostile.issuer);
      const browser = new HttpBrowser();
      await browser.navigate(`${parlour.url}/login`);
      expect(browser.url).toBe(`${parlour.url}/?login_error=login_failed`);
      expect(await isLoggedIn(browser, parlour)).toBe(false);
      await parlour.close();
    },
  );

  it('A6: that a refresh brings for one audience more ends the session, though it says that it’s ours', async () => {
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = {
      refreshedIdToken: { claims: ({ aud }) => ({ aud: [String(aud), 'another-client'], azp: aud }) },
    };
    expect((await call(browser)).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });

  it('A6: that a refresh brings for another of its audiences ends the session', async () => {
    scene.hostile.lies = { idToken: idTokenOddities['several aud with azp'] };
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refreshedIdToken: idTokenLies['several aud and another azp'] };
    expect((await call(browser)).json()).toMatchObject({ code: 'session_ended' });
  });
});

describe('another user’s refreshed ID token that can’t be verified', () => {
  const claims = { sub: 'mallory' };

  it.each<[string, Lies]>([
    ['its signature is wrong', { refreshedIdToken: { claims, signature: 'wrong' } }],
    ['it has none', { refreshedIdToken: { claims, signature: 'missing' } }],
    ['nobody knows its key', { refreshedIdToken: { ...idTokenLies['an unknown kid'], claims } }],
    ['its alg is none', { refreshedIdToken: { claims, alg: 'none' } }],
    ['it’s over', { refreshedIdToken: { claims: ({ exp }) => ({ ...claims, exp: exp - 7200 }) } }],
    ['it says too little', { refreshedIdToken: { claims: { ...claims, iat: undefined } } }],
    ['aud is no name', { refreshedIdToken: { claims: { aud: [{ toString: 1 }, { toString: 1 }] } } }],
    ['its token has no type', { refresh: tokenLies['no token type'], refreshedIdToken: { claims } }],
    ['its token is of another type', { refresh: tokenLies['another token type'], refreshedIdToken: { claims } }],
  ])('A6: ends the session; its tokens are revoked (%s)', async (_what, lies) => {
    const browser = await scene.login();
    const first = [newest('refresh_token'), newest('access_token')];
    turnClock(280);
    scene.hostile.lies = lies;
    expect((await call(browser)).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
    const revoked = scene.hostile.to('revocation').map(({ params }) => params.get('token'));
    expect(revoked).toEqual(expect.arrayContaining([newest('refresh_token'), newest('access_token'), ...first]));
  });

  it('A6: ends it without an access token beside it, too, which nobody gets', async () => {
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refresh: tokenLies['no access token'], refreshedIdToken: { claims } };
    expect((await call(browser)).json()).toMatchObject({ code: 'session_ended' });
    expect(scene.hostile.grants.isLive(String(newest('refresh_token')))).toBe(false);
  });
});

describe('a refresh that fails', () => {
  it('R3: brings nothing where the answer says error, though its status is 200', async () => {
    const browser = await scene.login();
    const first = newest('refresh_token');
    turnClock(280);
    const body = { error: 'temporarily_unavailable', refresh_token: 'another', access_token: 'another' };
    scene.hostile.lies = { refresh: { body } };
    await call(browser);
    // a failed refresh answers for a second
    turnClock(2);
    await call(browser);
    const sent = scene.hostile.to('token', 'refresh_token').map(({ params }) => params.get('refresh_token'));
    expect(sent).toEqual([first, first]);
  });
});

describe('an API that always answers 401', () => {
  it('R12: forces no second refresh within 30 s of one that failed', async () => {
    const browser = await scene.login();
    scene.api.reply = (_request, response) => response.writeHead(401).end();
    const refreshes = () => scene.hostile.count('token', 'refresh_token');
    turnClock(60);
    scene.hostile.lies = { refresh: tokenLies['503'] };
    await call(browser);
    // the pause after a failed refresh is over
    turnClock(2);
    await call(browser);
    expect(refreshes()).toBe(1);
    turnClock(30);
    await call(browser);
    expect(refreshes()).toBe(2);
  });
});
