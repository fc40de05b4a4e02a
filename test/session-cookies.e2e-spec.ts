import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { cookieHeader, isLoggedIn, script, SESSION_COOKIE, type Scene, startScene } from './support/scene.js';

let scene: Scene;
const url = () => scene.parlour.url;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => scene.hostile.beHonest());

/** One browser through every endpoint, good and bad: everything that was ever set. */
async function everySetCookie(): Promise<string[]> {
  const browser = new HttpBrowser();
  await script(browser, `${url()}/login`, { headers: { accept: 'application/json' } });
  await browser.navigate(`${url()}/login?return_to=/orders`);
  await script(browser, `${url()}/session`);
  await script(browser, `${url()}/api/orders`);
  scene.hostile.lies = { authorization: { parameters: { code: undefined, error: 'access_denied' }, times: 1 } };
  await browser.navigate(`${url()}/login?prompt=login`);
  const { redirectUrl } = (await script(browser, `${url()}/logout`, { method: 'POST' })).json();
  await browser.navigate(url() + String(redirectUrl));
  browser.setCookie(url(), `${SESSION_COOKIE}=s%3Aforged.forged; Secure; HttpOnly; Path=/`);
  await script(browser, `${url()}/session`);
  return browser.hops.filter(hop => hop.url.startsWith(url())).flatMap(({ setCookie }) => setCookie);
}

function attributesOf(line: string): string[] {
  return line
    .split(';')
    .slice(1)
    .map(part => part.trim().toLowerCase());
}

describe('every Set-Cookie of every endpoint', () => {
  let lines: string[];
  beforeAll(async () => {
    lines = await everySetCookie();
  });

  it('is seen here: session, transaction and logout cookies, set and deleted', () => {
    const names = new Set(lines.map(line => line.replace(/[.=].*/s, '')));
    expect(names).toEqual(new Set(['__Host-Http-login', '__Host-Http-logout', SESSION_COOKIE]));
    expect(lines.filter(line => /max-age=0/i.test(line)).length).toBeGreaterThanOrEqual(3);
  });

  it('B3: has Secure', () => {
    for (const line of lines) expect(attributesOf(line)).toContain('secure');
  });

  it('B4: has HttpOnly', () => {
    for (const line of lines) expect(attributesOf(line)).toContain('httponly');
  });

  it('B5: has SameSite=Strict where it’s the session’s, Lax where the authorization server leads back to it', () => {
    for (const line of lines) {
      expect(attributesOf(line)).toContain(line.startsWith(SESSION_COOKIE) ? 'samesite=strict' : 'samesite=lax');
    }
  });

  it('B6: has Path=/', () => {
    for (const line of lines) expect(attributesOf(line)).toContain('path=/');
  });

  it('B7: has no Domain', () => {
    for (const line of lines) expect(line).not.toMatch(/domain/i);
  });

  it('B8: has a name that starts with __Host-Http-', () => {
    for (const line of lines) expect(line).toMatch(/^__Host-Http-/);
  });

  it('B9: holds nothing that can be read: no token, verifier, nonce, return_to or issuer', () => {
    const needles = [
      ...scene.hostile.issued.map(({ value }) => value),
      ...scene.hostile.to('token').map(({ params }) => params.get('code_verifier') ?? 'none'),
      ...scene.hostile.to('par').map(({ params }) => params.get('nonce') ?? 'none'),
      '/orders',
      scene.hostile.issuer,
      'alice',
    ];
    expect(needles.length).toBeGreaterThan(8);
    for (const line of lines) {
      const value = line.slice(line.indexOf('=') + 1, line.indexOf(';'));
      const read = [value, decodeURIComponent(value), Buffer.from(value, 'base64url').toString('latin1')];
      for (const needle of needles) for (const text of read) expect(text).not.toContain(needle);
      expect(value).not.toMatch(/eyJ[\w-]{8,}\./);
    }
  });
});

describe('the session cookie', () => {
  it('has no lifetime of its own: the deadlines are the server’s', async () => {
    const browser = await scene.login();
    const line = browser.hops.flatMap(({ setCookie }) => setCookie).find(one => one.startsWith(SESSION_COOKIE));
    expect(line).not.toMatch(/expires|max-age/i);
  });

  it('B21: is the one cookie that stays after a login besides the done marker, and all are under 4 kB after twenty attempts', async () => {
    const browser = await scene.login();
    for (let attempt = 0; attempt < 20; attempt++) {
      const returnTo = `/${'deep/'.repeat(100)}${attempt}`;
      await browser.navigate(`${url()}/login?return_to=${encodeURIComponent(returnTo)}`, { follow: false });
    }
    const cookies = browser.cookies(url());
    const bytes = cookies.reduce((sum, { name, value }) => sum + name.length + value.length + 3, 0);
    expect(bytes).toBeLessThan(4096);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });

  it('B22: that comes twice is used in neither form, and neither is deleted', async () => {
    const browser = await scene.login();
    const mine = cookieHeader(browser, url());
    const theirs = cookieHeader(await scene.login('mallory'), url());
    for (const cookie of [
      `${mine}; ${theirs}`,
      `${theirs}; ${mine}`,
      `${mine}; ${mine}`,
      `${mine};${SESSION_COOKIE}=`,
    ]) {
      const answer = await rawRequest({
        port: scene.parlour.port,
        lines: ['GET /session HTTP/1.1', `Host: localhost:${scene.parlour.port}`, 'X-CSRF: 1', `Cookie: ${cookie}`],
      });
      expect(answer.body).toBe('{"authenticated":false}');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('B22: that comes in two Cookie headers counts as twice, too', async () => {
    const mine = cookieHeader(await scene.login(), url());
    const answer = await rawRequest({
      port: scene.parlour.port,
      lines: [
        'GET /session HTTP/1.1',
        `Host: localhost:${scene.parlour.port}`,
        'X-CSRF: 1',
        `Cookie: ${mine}`,
        `Cookie: ${mine}`,
      ],
    });
    expect(answer.body).toBe('{"authenticated":false}');
  });

  it.each([
    ['an altered id', (value: string) => value.replace('s%3A', 's%3AA')],
    ['an altered signature', (value: string) => `${value}A`],
    ['no signature', (value: string) => value.split('.')[0] ?? ''],
    ['no prefix', (value: string) => value.replace('s%3A', '')],
    ['another prefix', (value: string) => value.replace('s%3A', 'j%3A')],
    ['broken percent encoding', (value: string) => `%E0%A4%A${value}`],
    ['nothing', () => ''],
    ['four kilobytes', () => 'x'.repeat(4000)],
  ])('B22: with %s opens nothing and is deleted', async (_what, alter) => {
    const browser = await scene.login();
    const value = cookieHeader(browser, url()).split('=')[1] ?? '';
    const forged = new HttpBrowser();
    forged.setCookie(url(), `${SESSION_COOKIE}=${alter(value)}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    const answer = await script(forged, `${url()}/session`);
    expect(answer.json()).toEqual({ authenticated: false });
    expect(forged.cookies(url())).toEqual([]);
  });

  it.each([
    ['an altered id', (value: string) => value.replace('s%3A', 's%3AA')],
    ['an altered signature', (value: string) => `${value}A`],
    ['no signature', (value: string) => value.split('.')[0] ?? ''],
    ['another’s signature', (value: string, other: string) => `${value.split('.')[0]}.${other.split('.')[1]}`],
  ])('B22: with %s calls no API, and is deleted, also after the true one has', async (_what, alter) => {
    const [browser, other] = [await scene.login(), await scene.login()];
    const [value, others] = [browser, other].map(each => cookieHeader(each, url()).split('=')[1] ?? '');
    expect((await script(browser, `${url()}/api/orders`)).status).toBe(200);
    const calls = scene.api.requests.length;
    const forged = new HttpBrowser();
    const altered = alter(value ?? '', others ?? '');
    forged.setCookie(url(), `${SESSION_COOKIE}=${altered}; Secure; HttpOnly; Path=/; SameSite=Strict`);
    expect((await script(forged, `${url()}/api/orders`)).status).toBe(401);
    expect(forged.cookies(url())).toEqual([]);
    expect(scene.api.requests).toHaveLength(calls);
  });

  it('R13: of a session that has ended calls no API, though its signature is known', async () => {
    const browser = await scene.login();
    const old = browser.clone();
    expect((await script(browser, `${url()}/api/orders`)).status).toBe(200);
    await script(browser, `${url()}/logout`, { method: 'POST' });
    expect((await script(old, `${url()}/api/orders`)).status).toBe(401);
  });

  it('B22: of a session that has ended is left alone, for it may be the answer to an old cookie that a new login has replaced', async () => {
    const browser = await scene.login();
    const old = browser.clone();
    await script(browser, `${url()}/logout`, { method: 'POST' });
    const answer = await script(old, `${url()}/session`);
    expect(answer.json()).toEqual({ authenticated: false });
    expect(answer.setCookie).toEqual([]);
  });
});
