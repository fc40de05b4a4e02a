import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newestLogin, post, sendLogoutToken } from './backchannel.js';
import {
  type IdTokenLie,
  logoutToken,
  logoutTokenLies,
  logoutTokenOddities,
  logoutTokenSpellings,
  logoutTokenTyps,
} from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { randomKey, until } from './support/parlour.js';
import { cookieHeader, isLoggedIn, type Scene, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let browser: HttpBrowser;
let login: ReturnType<typeof newestLogin>;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  browser = await scene.login();
  login = newestLogin(scene.hostile);
});
afterEach(() => {
  jest.useRealTimers();
});

const alive = (who = browser) => isLoggedIn(who, scene.parlour);
/** For the login of this test, told as the lie says. */
const token = (lie?: IdTokenLie) => logoutToken(scene.hostile, { sub: login.sub, sid: login.sid }, lie);
const send = (jwt: string) => sendLogoutToken(scene.parlour, jwt);

async function expectRefused(jwt: string): Promise<void> {
  const before = scene.events('backchannel_logout_refused').length;
  const { status, headers, body } = await send(jwt);
  expect([status, body]).toEqual([400, '{"error":"invalid_request"}']);
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' });
  expect(scene.events('backchannel_logout_refused')).toHaveLength(before + 1);
  expect(await alive()).toBe(true);
}

async function expectTaken(jwt: string, at = scene.parlour): Promise<void> {
  const { status, headers, body } = await sendLogoutToken(at, jwt);
  expect([status, body, headers['cache-control']]).toEqual([200, '', 'no-store']);
  expect(await isLoggedIn(browser, at)).toBe(false);
}

describe('a logout token is refused, and ends nothing, when there is', () => {
  it.each(Object.entries(logoutTokenLies))('L6: %s', async (_name, lie) => {
    await expectRefused(await token(lie));
  });

  it('L6: an ID token in its place', async () => {
    await expectRefused(scene.hostile.issued.findLast(({ kind }) => kind === 'id_token')?.value ?? '');
  });

  it.each(Object.entries(logoutTokenTyps))('L7: the typ of %s', async (_name, lie) => {
    await expectRefused(await token(lie));
  });

  it('L6: a jti that was seen before', async () => {
    const jti = 'once';
    await expectTaken(await token({ claims: { jti } }));
    browser = await scene.login();
    login = newestLogin(scene.hostile);
    await expectRefused(await token({ claims: { jti } }));
  });

  it('L6: a jti that was seen before by another instance, or by two at once', async () => {
    const other = await scene.another();
    const jwt = await token();
    const at = [scene.parlour, other, scene.parlour, other];
    const answers = await Promise.all(at.map(instance => sendLogoutToken(instance, jwt)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400]);
    expect((await sendLogoutToken(other, jwt)).status).toBe(400);
  });

  it('L6: the jti of before a rotation of the session keys', async () => {
    const jwt = await token();
    const rotated = await scene.another({
      SESSION_KEYS: `${randomKey()} ${scene.parlour.environment['SESSION_KEYS']}`,
    });
    await expectTaken(jwt);
    expect((await sendLogoutToken(rotated, jwt)).status).toBe(400);
  });

  it('L6: a jti that was used within all the time for which the token would be taken', async () => {
    const iat = Math.floor(Date.now() / 1000) + 55;
    const claims = { iat, exp: iat + 600, jti: 'for long' };
    await expectTaken(await token({ claims }));
    turnClock(350);
    browser = await scene.login();
    login = newestLogin(scene.hostile);
    await expectRefused(await token({ claims }));
    // the control: with another jti it's taken
    await expectTaken(await token({ claims: { ...claims, jti: 'another' } }));
  });
});

describe('a logout token is taken', () => {
  it.each(Object.entries(logoutTokenOddities))('L7: when %s', async (_name, lie) => {
    await expectTaken(await token(lie));
  });

  it.each(logoutTokenSpellings)('L7: with the typ %s', async typ => {
    await expectTaken(await token({ header: { typ } }));
  });

  it('L7: with the typ logout+jwt alone where LOGOUT_TOKEN_TYP says so', async () => {
    const strict = await scene.another({ LOGOUT_TOKEN_TYP: 'logout+jwt' });
    for (const typ of logoutTokenSpellings.filter(one => !/logout/i.test(one ?? ''))) {
      expect((await sendLogoutToken(strict, await token({ header: { typ } }))).status).toBe(400);
    }
    expect(await alive()).toBe(true);
    for (const typ of logoutTokenSpellings.filter(one => /logout/i.test(one ?? ''))) {
      browser = await scene.login();
      login = newestLogin(scene.hostile);
      await expectTaken(await token({ header: { typ } }), strict);
    }
  });

  it('L6: though somebody has used its jti before, with a signature that doesn’t hold or in a token that isn’t for us', async () => {
    const jti = 'contended';
    await expectRefused(await token({ claims: { jti }, signature: 'stranger' }));
    await expectRefused(await token({ claims: { jti, aud: 'another-client' } }));
    await expectTaken(await token({ claims: { jti } }));
  });

  it('L6: with the algorithm that is registered for ID tokens, whatever that is', async () => {
    const elliptic = await scene.another({ ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256' });
    const statuses = [];
    for (const lie of [{ alg: 'ES256' as const }, {}])
      statuses.push((await sendLogoutToken(elliptic, await token(lie))).status);
    expect(statuses).toEqual([200, 400]);
  });
});

describe('POST /backchannel-logout', () => {
  const form = async (more = '') => `logout_token=${await token()}${more}`;

  it('L7: ignores parameters that it doesn’t know, in the form and in the query, repeated ones too', async () => {
    expect((await post(scene.parlour, `a=1&${await form('&a=2&iss=x&logout_hint=')}`)).status).toBe(200);
    expect(await alive()).toBe(false);
  });

  it.each<[string, () => Promise<string>, ...string[]]>([
    ['two logout tokens', async () => form(`&logout_token=${await token()}`)],
    ['none', async () => 'logout_tokens=x'],
    ['no body', async () => ''],
    ['JSON', async () => JSON.stringify({ logout_token: await token() }), 'Content-Type: application/json'],
    ['no type', () => form(), 'Content-Type:'],
    ['the bare token', () => token(), 'Content-Type: application/jwt'],
    ['a type of many parts', () => form(), 'Content-Type: multipart/form-data; boundary=x'],
  ])('L6: refuses %s', async (_what, body, ...headers) => {
    const answer = await post(scene.parlour, await body(), ...headers);
    expect([answer.status, answer.body]).toEqual([400, '{"error":"invalid_request"}']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await alive()).toBe(true);
  });

  it('L9: wants no cookie and no header, and minds none: a browser that brings them gets no more and no less', async () => {
    const cookie = cookieHeader(browser, scene.parlour.url);
    const foreign = ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
    const refused = await post(scene.parlour, 'logout_token=x', `Cookie: ${cookie}`, ...foreign);
    expect([refused.status, refused.headers['cache-control']]).toEqual([400, 'no-store']);
    expect(await alive()).toBe(true);
    const { status, headers } = await post(scene.parlour, await form(), `Cookie: ${cookie}`, ...foreign);
    expect([status, headers['set-cookie'], headers['cache-control']]).toEqual([200, undefined, 'no-store']);
    expect(await alive()).toBe(false);
  });

  it('L12: takes a body of 16 kB, and no more', async () => {
    const room = 16 * 1024 - (await form('&x=')).length;
    const large = await post(scene.parlour, await form(`&x=${'x'.repeat(room + 1)}`));
    expect([large.status, large.headers['cache-control']]).toEqual([413, 'no-store']);
    expect(await alive()).toBe(true);
    expect((await post(scene.parlour, await form(`&x=${'x'.repeat(room)}`))).status).toBe(200);
    expect(await alive()).toBe(false);
  });

  it('L9: says no-store and takes POST alone', async () => {
    const response = await fetch(`${scene.parlour.url}/backchannel-logout`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('S3: leaves nothing of the token in the log', async () => {
    const jwt = await token({ claims: { sub: 'somebody-special', sid: 'a-special-sid', jti: 'a-special-jti' } });
    await send(jwt);
    await send(jwt);
    const refused = await token({ claims: { iss: 'https://special.example', aud: 'a-special-client' } });
    await send(refused);
    expect(scene.events('backchannel_logout_completed').at(-1)).toMatchObject({ level: 'info', sessions: 0 });
    expect(scene.events('backchannel_logout_refused').at(-1)).toMatchObject({ level: 'warn' });
    const log = JSON.stringify(['completed', 'refused'].map(end => scene.events(`backchannel_logout_${end}`)));
    for (const needle of ['special', ...jwt.split('.'), ...refused.split('.')]) expect(log).not.toContain(needle);
  });
});

describe('what the sessions held', () => {
  it('L8: is revoked after the answer, which doesn’t wait for that', async () => {
    const newest = (kind: string) => scene.hostile.issued.findLast(issued => issued.kind === kind)?.value ?? '';
    const tokens = [newest('refresh_token'), newest('access_token')];
    const released = Promise.withResolvers<void>();
    scene.hostile.lies = { revocation: { after: released.promise } };
    expect((await send(await token())).status).toBe(200);
    await scene.hostile.arrived('revocation');
    expect(await alive()).toBe(false);
    released.resolve();
    await until('both are revoked', () => scene.hostile.count('revocation') === 2);
    expect(scene.hostile.to('revocation').map(({ params }) => params.get('token'))).toEqual(tokens);
  });
});
