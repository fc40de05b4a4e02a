import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let browser: HttpBrowser;

beforeAll(async () => {
  scene = await startScene({ LOGIN_PARAMETERS: 'prompt acr_values max_age' });
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  scene.api.reply = undefined;
  browser = await scene.login();
  scene.api.requests = [];
  scene.hostile.calls = [];
});

afterEach(() => {
  jest.useRealTimers();
});

const DEMAND = 'error="insufficient_user_authentication"';
const call = (who = browser, init = {}) => script(who, `${scene.parlour.url}/api/orders`, init);
const refreshes = () => scene.hostile.to('token', 'refresh_token');
const newest = () => scene.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value ?? 'none';

/** An API whose 401 carries these fields. */
function challengeWith(...challenges: string[]): void {
  scene.api.reply = (_request, response) =>
    response.writeHead(401, { 'WWW-Authenticate': challenges, 'X-Of': 'the API' }).end();
}

/** An API that is content with no login but those after this moment. */
function demandFreshTokens(challenge: string): void {
  const stale = newest();
  scene.api.reply = ({ headers }: IncomingMessage, response: ServerResponse) => {
    const isFresh = headers.authorization !== `Bearer ${stale}`;
    if (isFresh) response.end('{"ok":true}');
    else response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
  };
}

describe('an API that wants another login (RFC 9470)', () => {
  it.each([
    [`Bearer ${DEMAND}, acr_values="gold silver"`, { acrValues: ['gold', 'silver'] }, 'acr_values=gold+silver'],
    [`Bearer ${DEMAND}, max_age="5"`, { maxAge: 5 }, 'max_age=5'],
    [`Bearer ${DEMAND}, max_age=0`, { maxAge: 0 }, 'max_age=0'],
    [
      `DPoP algs="ES256 PS256", ${DEMAND}, max_age=5, acr_values="gold"`,
      { maxAge: 5, acrValues: ['gold'] },
      'max_age=5&acr_values=gold',
    ],
    [
      `bearer Realm="a, \\"b", ERROR=insufficient_user_authentication, ACR_Values="urn:mace:gold"`,
      { acrValues: ['urn:mace:gold'] },
      'acr_values=urn%3Amace%3Agold',
    ],
    [`Negotiate, Basic YWJj==, Bearer ${DEMAND} , max_age = 7`, { maxAge: 7 }, 'max_age=7'],
  ])('B23: %s is step_up_required, and no refresh is forced', async (challenge, members, query) => {
    challengeWith(challenge);
    const answer = await call();
    const { reference: _reference, title: _title, detail: _detail, ...rest } = answer.json();
    const loginUrl = `/login?${query}`;
    expect(rest).toEqual({ type: 'about:blank', status: 401, code: 'step_up_required', ...members, loginUrl });
    expect(answer.status).toBe(401);
    expect(answer.headers['x-of']).toBeUndefined();
    expect([scene.api.requests.length, refreshes().length]).toEqual([1, 0]);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });

  it('B23: it may stand in a field of its own, after other challenges and illegible ones', async () => {
    challengeWith('Bearer realm=my api', 'Bearer error="invalid_token"', `DPoP ${DEMAND}, max_age=9`);
    expect((await call()).json()).toMatchObject({ code: 'step_up_required', maxAge: 9 });
  });
});

describe('a demand that can’t be offered', () => {
  it.each([
    ['nothing', `Bearer ${DEMAND}`],
    ['what a value can’t be', `Bearer ${DEMAND}, acr_values="<gold>"`],
    ['a negative age', `Bearer ${DEMAND}, max_age="-1"`],
    ['too much, even if the rest would do', `Bearer ${DEMAND}, max_age=99999999, acr_values="gold"`],
    ['too many values', `Bearer ${DEMAND}, acr_values="${'gold '.repeat(11).trim()}"`],
  ])('P3: (it asks for %s) passes as the API’s own 401, and the log says so', async (_what, challenge) => {
    const before = scene.parlour.events('step_up_refused').length;
    challengeWith(challenge);
    const answer = await call();
    expect([answer.status, answer.headers['x-of'], answer.body]).toEqual([401, 'the API', '']);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect([scene.api.requests.length, refreshes().length]).toEqual([1, 0]);
    expect(scene.parlour.events('step_up_refused').slice(before)).toEqual([
      expect.objectContaining({ level: 'warn', route: '/api' }),
    ]);
  });

  it.each([
    ['LOGIN_PARAMETERS', { LOGIN_PARAMETERS: 'acr_values' }],
    ['AUTHORIZATION_PARAMS', { AUTHORIZATION_PARAMS: 'max_age=60' }],
  ])('P3: (%s leaves no room for it) passes likewise', async (_what, environment) => {
    const other = await scene.another(environment);
    challengeWith(`Bearer ${DEMAND}, max_age=5, acr_values="gold"`);
    const answer = await script(browser, `${other.url}/api/orders`);
    expect([answer.status, answer.headers['x-of']]).toEqual([401, 'the API']);
    challengeWith(`Bearer ${DEMAND}, acr_values="gold"`);
    expect((await script(browser, `${other.url}/api/orders`)).json()).toMatchObject({ acrValues: ['gold'] });
  });

  it('B16: (it holds the access token) isn’t shown to the browser', async () => {
    challengeWith(`Bearer ${DEMAND}, acr_values="gold ${newest()}"`);
    const answer = await call();
    expect(answer.headers['x-of']).toBe('the API');
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain(newest());
  });

  it.each([
    ['another scheme says it', `Basic ${DEMAND}, max_age=5`],
    ['a parameter comes twice', `Bearer ${DEMAND}, max_age=5, max_age=6`],
    ['a quote has no end', `Bearer ${DEMAND}, max_age="5`],
    ['it stands within a quote', `Bearer realm="x, Bearer ${DEMAND.replaceAll('"', '\\"')}, max_age=5"`],
  ])('R12: is none at all where %s: the token is refreshed as at any 401', async (_what, challenge) => {
    turnClock(60);
    challengeWith(challenge);
    expect((await call()).headers['x-of']).toBe('the API');
    expect([scene.api.requests.length, refreshes().length]).toEqual([2, 1]);
  });

  it('R12: forces no refresh, however old the token is', async () => {
    turnClock(60);
    for (const wanted of [', max_age=5', '']) {
      challengeWith(`Bearer ${DEMAND}${wanted}`);
      expect((await call()).status).toBe(401);
    }
    expect([scene.api.requests.length, refreshes().length]).toEqual([2, 0]);
  });

  it('B23: only a 401 can be one', async () => {
    scene.api.reply = (_request, response) =>
      response.writeHead(403, { 'WWW-Authenticate': `Bearer ${DEMAND}, max_age=5` }).end();
    expect((await call()).status).toBe(403);
  });
});

describe('after a step-up', () => {
  async function loginAt(loginUrl: unknown): Promise<void> {
    const url = new URL(String(loginUrl), scene.parlour.url);
    url.searchParams.set('return_to', '/orders');
    await browser.navigate(url.href, { initiator: scene.parlour.url });
  }

  it('B23: the app’s call succeeds with a new session, and the old one has ended', async () => {
    demandFreshTokens(`Bearer ${DEMAND}, acr_values="gold", max_age=60`);
    const old = browser.clone();
    await loginAt((await call()).json()['loginUrl']);
    expect(browser.url).toBe(`${scene.parlour.url}/orders`);
    const { params } = scene.hostile.to('par')[0] ?? {};
    expect([params?.get('acr_values'), params?.get('max_age')]).toEqual(['gold', '60']);
    expect((await call()).status).toBe(200);
    expect(await isLoggedIn(old, scene.parlour)).toBe(false);
  });

  it('A9: an ID token that doesn’t satisfy it logs nobody in', async () => {
    demandFreshTokens(`Bearer ${DEMAND}, acr_values="gold"`);
    const { loginUrl } = (await call()).json();
    scene.hostile.lies = { idToken: { claims: { acr: 'bronze' } } };
    await loginAt(loginUrl);
    expect(browser.url).toBe(`${scene.parlour.url}/orders?login_error=login_failed`);
    expect((await call()).json()).toMatchObject({ code: 'step_up_required' });
  });

  it('B23: another user’s login ends the session, says different_user, and nothing is sent again', async () => {
    demandFreshTokens(`Bearer ${DEMAND}, acr_values="gold"`);
    const { loginUrl } = (await call(browser, { method: 'POST', body: '{"pay":1}' })).json();
    scene.hostile.user = 'mallory';
    await loginAt(loginUrl);
    expect(browser.url).toBe(`${scene.parlour.url}/orders?login_error=different_user`);
    expect((await call()).json()).toMatchObject({ code: 'not_authenticated' });
    expect(scene.api.requests).toHaveLength(1);
  });
});

describe('a token that is refused and refreshed', () => {
  it('R12: may then be met by the demand', async () => {
    turnClock(60);
    const stale = newest();
    scene.api.reply = ({ headers }, response) => {
      const error = headers.authorization === `Bearer ${stale}` ? 'error="invalid_token"' : `${DEMAND}, max_age=5`;
      response.writeHead(401, { 'WWW-Authenticate': `Bearer ${error}` }).end();
    };
    expect((await call()).json()).toMatchObject({ code: 'step_up_required', maxAge: 5 });
    expect([scene.api.requests.length, refreshes().length]).toEqual([2, 1]);
  });
});
