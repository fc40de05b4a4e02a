import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, type Scene, script, startScene } from './support/scene.js';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => scene.hostile.beHonest());

const view = (browser: HttpBrowser, { parlour }: Scene = scene) => script(browser, `${parlour.url}/session`);

describe('GET /session', () => {
  it('B16: says authenticated: false and nothing else to nobody', async () => {
    const answer = await view(new HttpBrowser());
    expect([answer.status, answer.json()]).toEqual([200, { authenticated: false }]);
    expect(answer.setCookie).toEqual([]);
  });

  it('B16: says who it is, until when, whether it can be refreshed, and nothing else', async () => {
    const answer = await view(await scene.login());
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.json()).toEqual({
      authenticated: true,
      user: { sub: 'alice' },
      session: {
        expiresAt: expect.stringMatching(time),
        idleExpiresAt: expect.stringMatching(time),
        refreshable: true,
      },
    });
  });

  it('B16: shows the claims of the allow-list that the ID token has, as they are, and no other', async () => {
    const claims = { name: 'Alice', email: 'a@example.org', groups: ['x'], roles: ['admin'], acr: '1', nickname: 'Al' };
    scene.hostile.lies = { idToken: { claims } };
    const answer = await view(await scene.login());
    expect(answer.json()['user']).toEqual({ sub: 'alice', name: 'Alice', email: 'a@example.org' });
  });
});

describe('SESSION_CLAIMS and USERINFO', () => {
  let other: Scene;
  beforeAll(async () => {
    other = await startScene({ SESSION_CLAIMS: 'sub groups email', USERINFO: 'true' });
  });
  afterAll(() => other.close());
  beforeEach(() => other.hostile.beHonest());

  it('B16: decide which claims there are, from the ID token and from userinfo, the ID token’s first', async () => {
    other.hostile.lies = { idToken: { claims: { groups: [{ deep: true }], name: 'hidden' } } };
    const answer = await view(await other.login(), other);
    expect(answer.json()['user']).toEqual({ sub: 'alice', groups: [{ deep: true }], email: 'alice@hostile.example' });
    other.hostile.lies = { idToken: { claims: { email: 'signed@example.org' } } };
    expect((await view(await other.login(), other)).json()['user']).toMatchObject({ email: 'signed@example.org' });
  });

  it('A6: a userinfo answer about another sub makes no session, but login_error=login_failed', async () => {
    other.hostile.lies = { userinfo: { members: { sub: 'mallory' } } };
    const browser = new HttpBrowser();
    await browser.navigate(`${other.parlour.url}/login?return_to=/orders`);
    expect(browser.url).toBe(`${other.parlour.url}/orders?login_error=login_failed`);
    expect(await isLoggedIn(browser, other.parlour)).toBe(false);
  });

  it('A6: so does a userinfo answer without a sub', async () => {
    other.hostile.lies = { userinfo: { members: { sub: undefined } } };
    const browser = new HttpBrowser();
    await browser.navigate(`${other.parlour.url}/login`);
    expect(browser.url).toBe(`${other.parlour.url}/?login_error=login_failed`);
  });
});
