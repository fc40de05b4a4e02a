import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { STORAGE, type Storage } from '../src/bff/index.js';
import { discoveryLies } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID } from './support/parlour.js';
import { isLoggedIn, loggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let browser: HttpBrowser;
const url = () => scene.parlour.url;

beforeAll(async () => {
  scene = await startScene({ POST_LOGOUT_PATH: '/goodbye' });
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  browser = await scene.login();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const logout = (from = browser) => script(from, `${url()}/logout`, { method: 'POST' });
const newest = (kind: 'access_token' | 'refresh_token' | 'id_token') =>
  scene.hostile.issued.findLast(issued => issued.kind === kind)?.value ?? 'none';

async function continueUrl(): Promise<string> {
  return url() + String((await logout()).json()['redirectUrl']);
}
const leave = (target: string): Promise<Hop> => browser.navigate(target, { follow: false });

describe('POST /logout', () => {
  it('L1: ends the session before it answers, and before the browser is sent anywhere', async () => {
    const copy = browser.clone();
    const answer = await logout();
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json())).toEqual(['redirectUrl']);
    expect(answer.json()['redirectUrl']).toMatch(/^\/logout\/continue\?handle=[\w-]{32}$/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
    expect(browser.cookies(url()).map(({ name }) => name)).not.toContain('__Host-Http-session');
    expect(scene.hostile.count('end_session')).toBe(0);
  });

  it('L1: doesn’t answer while the session’s record is still there, however long its end takes', async () => {
    const storage = scene.parlour.server.app.get<Storage>(STORAGE);
    const remove = storage.delete.bind(storage);
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // the real end, a little later
    jest.spyOn(storage, 'delete').mockImplementation(async key => {
      if (key.endsWith(':session')) {
        reached.resolve();
        await released.promise;
      }
      return remove(key);
    });
    const copy = browser.clone();
    let isAnswered = false;
    const answered = logout().then(() => (isAnswered = true));
    await reached.promise;
    for (let turn = 0; turn < 5; turn++) expect(await isLoggedIn(copy, scene.parlour)).toBe(true);
    expect(isAnswered).toBe(false);
    released.resolve();
    await answered;
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
  });

  it('L1: ends the session although the authorization server doesn’t answer the revocation yet', async () => {
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { revocation: { after: released.promise } };
    const copy = browser.clone();
    const answered = logout();
    await scene.hostile.arrived('revocation');
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
    released.resolve();
    expect((await answered).status).toBe(200);
  });

  it('L2: needs the header, and leaves a cross-site page’s form nothing to do', async () => {
    const bare = await browser.fetch(`${url()}/logout`, { method: 'POST', page: url() });
    expect(bare.json()).toMatchObject({ status: 403, code: 'csrf_header_missing' });
    await browser.navigate(`${url()}/logout`, { initiator: 'https://evil.example/', form: { x: '1' } });
    await browser.navigate(`${url()}/logout`, { initiator: 'https://evil.example/' });
    await browser.navigate(`${url()}/logout/continue?handle=x`, { initiator: 'https://evil.example/' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    expect(scene.hostile.count('revocation')).toBe(0);
  });

  it('L3: revokes the refresh token and the access token, with the client’s credentials', async () => {
    await logout();
    const calls = scene.hostile.to('revocation');
    expect(calls.map(({ params }) => [params.get('token_type_hint'), params.get('token')])).toEqual([
      ['refresh_token', newest('refresh_token')],
      ['access_token', newest('access_token')],
    ]);
    expect(calls.map(({ clientAuthentication }) => clientAuthentication)).toEqual(['basic', 'basic']);
  });

  it.each([
    ['500', { status: 500, body: '' }],
    ['a refusal', { status: 400, body: { error: 'invalid_request' } }],
    ['a closed connection', { transport: 'drop' as const }],
  ])('L3: a failing revocation (%s) doesn’t keep the session alive, and stands in the log', async (_what, lie) => {
    scene.hostile.lies = { revocation: lie };
    const copy = browser.clone();
    const before = scene.parlour.events('revocation_failed').length;
    expect((await logout()).status).toBe(200);
    expect(await isLoggedIn(copy, scene.parlour)).toBe(false);
    expect(scene.parlour.events('revocation_failed').slice(before)).toMatchObject([
      { tokenType: 'refresh_token' },
      { tokenType: 'access_token' },
    ]);
  });

  it('L3: a session that a re-login at the same sid replaces isn’t revoked, one at another sid is', async () => {
    const sid = { claims: { sid: 'the-same' } };
    scene.hostile.lies = { idToken: sid };
    const again = await scene.login();
    const kept = newest('refresh_token');
    await loggedIn(url(), again);
    expect(scene.hostile.grants.isLive(kept)).toBe(true);
    expect(scene.hostile.count('revocation')).toBe(0);
    scene.hostile.lies = { idToken: { claims: { sid: 'another' } } };
    const dropped = newest('refresh_token');
    await loggedIn(url(), again);
    expect(scene.hostile.grants.isLive(dropped)).toBe(false);
    expect(await isLoggedIn(again, scene.parlour)).toBe(true);
  });

  it('without a session sends the browser to the page after a logout', async () => {
    const answer = await logout(new HttpBrowser());
    expect([answer.status, answer.json()]).toEqual([200, { redirectUrl: '/goodbye' }]);
  });

  it('two at once are both answered, and end the session once', async () => {
    const before = scene.parlour.events('session_ended').length;
    const answers = await Promise.all([logout(), logout(browser.clone())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(scene.parlour.events('session_ended').slice(before)).toMatchObject([{ reason: 'logout' }]);
    expect(scene.hostile.count('revocation')).toBe(2);
  });
});

describe('GET /logout/continue', () => {
  it('L4: has the id_token_hint in its 303 alone, which no other answer and no log line holds', async () => {
    const idToken = newest('id_token');
    const first = browser.hops.length;
    const hop = await leave(await continueUrl());
    expect(hop.status).toBe(303);
    expect(hop.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    const target = new URL(hop.location ?? '');
    expect(target.href).toMatch(`${scene.hostile.issuer}/end-session?`);
    expect(Object.fromEntries(target.searchParams)).toEqual({
      client_id: CLIENT_ID,
      id_token_hint: idToken,
      post_logout_redirect_uri: `${url()}/logout/callback`,
      state: expect.stringMatching(/^[\w-]{22}$/),
    });
    const others = browser.hops.slice(first).filter(other => other !== hop);
    expect(JSON.stringify(others)).not.toContain(idToken);
    expect(hop.body + hop.setCookie.join()).not.toContain(idToken);
    expect(scene.parlour.logText()).not.toContain(idToken);
  });

  it('L4: works once, also for two at the same moment; the other goes to the page after a logout', async () => {
    const target = await continueUrl();
    const hops = await Promise.all([leave(target), browser.clone().navigate(target, { follow: false })]);
    expect(hops.filter(({ location }) => location?.startsWith(scene.hostile.issuer))).toHaveLength(1);
    expect((await leave(target)).location).toBe(`${url()}/goodbye`);
  });

  it('L4: works for a minute', async () => {
    const target = await continueUrl();
    turnClock(61);
    expect((await leave(target)).location).toBe(`${url()}/goodbye`);
  });

  it.each(['', '?handle=', '?handle=unknown', '?handle=a&handle=b', '?handle[x]=1'])(
    'L5: with %j goes to the page after a logout',
    async query => {
      expect((await leave(`${url()}/logout/continue${query}`)).location).toBe(`${url()}/goodbye`);
      expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
    },
  );

  it('L4: leaves the hint out when the URL would be long, and says whose session it is', async () => {
    scene.hostile.lies = { idToken: { claims: { groups: 'x'.repeat(4000) } } };
    browser = await scene.login();
    const { searchParams } = new URL((await leave(await continueUrl())).location ?? '');
    expect(searchParams.has('id_token_hint')).toBe(false);
    expect(searchParams.get('logout_hint')).toBe('alice');
    expect(searchParams.get('client_id')).toBe(CLIENT_ID);
  });

  it('F7: takes top-level navigations only: an iframe, an image, a script or a prefetch uses the handle up for nobody', async () => {
    const target = await continueUrl();
    const frame = { 'sec-fetch-dest': 'iframe' };
    const prefetch = { 'sec-purpose': 'prefetch' };
    for (const headers of [frame, prefetch, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }]) {
      expect((await browser.navigate(target, { headers, follow: false })).status).toBe(403);
    }
    expect((await script(browser, target)).json()).toMatchObject({ code: 'navigation_required' });
    expect((await leave(target)).location).toMatch(scene.hostile.issuer);
  });
});

describe('GET /logout/callback', () => {
  it('L5: comes back with the state and goes on to the app; the logout cookie has served', async () => {
    await browser.navigate(await continueUrl());
    expect(browser.url).toBe(`${url()}/goodbye`);
    expect(browser.cookies(url()).map(({ name }) => name)).not.toContain('__Host-Http-logout');
    expect(scene.parlour.events('callback_refused')).toEqual([]);
  });

  it.each(['', '?state=', '?state=wrong', '?state=a&state=b'])('L5: works with %j, too', async query => {
    await leave(await continueUrl());
    const hop = await leave(`${url()}/logout/callback${query}`);
    expect([hop.status, hop.location]).toEqual([303, `${url()}/goodbye`]);
    expect(browser.cookies(url()).map(({ name }) => name)).not.toContain('__Host-Http-logout');
  });

  it('L2: that another site sends a user to ends no session', async () => {
    await browser.navigate(`${url()}/logout/callback?state=x`, { initiator: 'https://evil.example/' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });
});

describe('an authorization server without an end-session endpoint', () => {
  let other: Scene;
  beforeAll(async () => {
    other = await startScene({ POST_LOGOUT_PATH: '/goodbye' });
    other.hostile.lies = {
      discovery: { members: { end_session_endpoint: undefined, revocation_endpoint: undefined } },
    };
  });
  afterAll(() => other.close());

  it('L4: leads to the page after a logout, and ends the session all the same', async () => {
    const visitor = await other.login();
    const { redirectUrl } = (await script(visitor, `${other.parlour.url}/logout`, { method: 'POST' })).json();
    const hop = await visitor.navigate(other.parlour.url + String(redirectUrl), { follow: false });
    expect(hop.location).toBe(`${other.parlour.url}/goodbye`);
    expect(await isLoggedIn(visitor, other.parlour)).toBe(false);
    expect(other.hostile.count('revocation')).toBe(0);
  });
});

describe('an authorization server that is away', () => {
  it('L1: keeps nobody from leaving, not even an instance that has never reached it', async () => {
    const other = await scene.another();
    scene.hostile.lies = { discovery: discoveryLies['a closed connection'] };
    const { redirectUrl } = (await script(browser, `${other.url}/logout`, { method: 'POST' })).json();
    const hop = await browser.navigate(other.url + String(redirectUrl), { follow: false });
    expect(hop.location).toBe(`${other.url}/goodbye`);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });
});
