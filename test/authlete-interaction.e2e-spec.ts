import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { turnClock } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import {
  alert,
  begin,
  COOKIE,
  field,
  heard,
  logIn,
  type LoginStage,
  press,
  signedIn,
  startLoginStage,
  title,
} from './support/authlete-browser.js';

let stage: LoginStage;
let browser: HttpBrowser;

beforeAll(async () => {
  stage = await startLoginStage();
});
afterAll(() => stage?.close());
beforeEach(() => {
  stage.emulator.calls.splice(0);
  stage.village.tried.splice(0);
  browser = new HttpBrowser();
});
afterEach(() => {
  stage.emulator.clearFaults();
  stage.village.away = false;
  jest.useRealTimers();
});

const sessionId = (of: HttpBrowser) => of.cookies(stage.issuer).find(({ name }) => name === COOKIE)?.value;

describe('a person who logs in and agrees', () => {
  it('E9: goes back to the client with a code, and Authlete hears who it is, since when, and the claims that were asked for', async () => {
    const before = Math.floor(Date.now() / 1000);
    await begin(stage, browser);
    expect(title(await logIn(browser, 'bob'))).toBe('Allow access?');
    const back = await press(browser, 'allow');
    expect(back.status).toBe(302);
    expect(heard(back)).toEqual({ code: expect.any(String), state: 'a-state', iss: stage.issuer });
    const [issue] = stage.ends();
    expect(issue?.api).toBe('auth/authorization/issue');
    const { authTime, ...said } = issue?.body ?? {};
    expect(authTime).toBeGreaterThanOrEqual(before);
    expect(authTime).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
    expect(said).toEqual({
      ticket: expect.any(String),
      subject: 'bob',
      acr: 'urn:example:silver',
      claims: '{"name":"Bob"}',
    });
  });

  it('E9: sees who asks, for what, and who is signed in', async () => {
    await begin(stage, browser, { scope: 'openid email' });
    const { body } = await logIn(browser, 'bob');
    expect(body).toContain('<strong>Bob Brown</strong>');
    expect(body).toMatch(/<strong>Tea [^<]* Sons[^<]*<\/strong> asks for access/);
    expect(body).toContain('<li>Know who you are <code>openid</code></li>');
    expect(body).toContain('<li>Read your e-mail address <code>email</code></li>');
    expect(body).not.toContain('<code>profile</code>');
  });

  it('E9: sees the details of what is asked for (RFC 9396)', async () => {
    stage.emulator.fault('auth/authorization', {
      body: {
        action: 'INTERACTION',
        ticket: 'a-ticket-for-money',
        client: { clientId: 4711 },
        authorizationDetails: { elements: [{ type: 'payment', amount: '<100>' }] },
      },
    });
    await begin(stage, browser);
    const { body } = await logIn(browser);
    expect(body).toContain('&#34;amount&#34;: &#34;&#60;100&#62;&#34;');
    expect(body).toContain('<strong>4711</strong>');
  });

  it('E7: is asked the next time too, but not for the password', async () => {
    browser = await signedIn(stage);
    expect(title(await begin(stage, browser))).toBe('Allow access?');
    expect(stage.village.tried).toEqual(['alice']);
  });

  it('E7: sees the same page when it is loaded again, and Authlete hears nothing of that', async () => {
    await begin(stage, browser);
    expect(title(await browser.reload())).toBe('Sign in');
    await logIn(browser);
    expect(title(await browser.reload())).toBe('Allow access?');
    expect(stage.emulator.calls.map(({ api }) => api)).toEqual(['auth/authorization']);
  });

  it('E7: answers several requests, each in a tab of its own, in any order', async () => {
    const first = await begin(stage, browser, { state: 'first' });
    await begin(stage, browser, { state: 'second' });
    await logIn(browser);
    expect(heard(await press(browser, 'allow'))).toMatchObject({ state: 'second', code: expect.any(String) });
    expect(title(await browser.navigate(first.url))).toBe('Allow access?');
    expect(heard(await press(browser, 'allow'))).toMatchObject({ state: 'first', code: expect.any(String) });
  });

  it('E9: can be somebody else', async () => {
    browser = await signedIn(stage);
    await begin(stage, browser);
    expect(title(await press(browser, 'switch'))).toBe('Sign in');
    expect((await logIn(browser, 'bob')).body).toContain('<strong>Bob Brown</strong>');
    await press(browser, 'allow');
    expect(stage.ends().at(-1)?.body).toMatchObject({ subject: 'bob' });
  });
});

describe('the login', () => {
  it('E9: says what is wrong with 422, keeps the user name, and lets the person try again', async () => {
    await begin(stage, browser);
    const again = await logIn(browser, 'alice', 'a guess');
    expect(again.status).toBe(422);
    expect(alert(again)).toBe('The user name or the password is wrong.');
    expect(field(again, 'username')).toBe('alice');
    expect(field(again, 'password')).toBeUndefined();
    expect(again.body).not.toContain('a guess');
    expect(title(await logIn(browser))).toBe('Allow access?');
  });

  it('E9: takes no empty password, which a directory might take for an anonymous bind', async () => {
    await begin(stage, browser);
    expect((await logIn(browser, 'alice', '')).status).toBe(422);
    expect((await logIn(browser, '', 'a guess')).status).toBe(422);
    expect(stage.village.tried).toEqual([]);
  });

  it('E11: gives the browser a new session id, and the old one is worth nothing', async () => {
    await begin(stage, browser);
    const [before, old] = [sessionId(browser), browser.clone()];
    await logIn(browser);
    expect(sessionId(browser)).toMatch(/^s%3A/);
    expect(sessionId(browser)).not.toBe(before);
    const { status, body } = await old.navigate(browser.url ?? '');
    expect([status, sessionId(old)]).toEqual([400, before]);
    expect(body).not.toContain('Alice');
  });

  it('E11: again gives a new one again, also to the same person', async () => {
    browser = await signedIn(stage);
    const [before, old] = [sessionId(browser), browser.clone()];
    await begin(stage, browser, { prompt: 'login' });
    await logIn(browser);
    expect(sessionId(browser)).not.toBe(before);
    expect(title(await begin(stage, old))).toBe('Sign in');
  });

  it('E11: keeps the requests that were waiting in other tabs', async () => {
    const other = await begin(stage, browser);
    await begin(stage, browser);
    await logIn(browser);
    expect(title(await browser.navigate(other.url))).toBe('Allow access?');
  });

  it('E9: that is over, or whose account has gone, is asked for again', async () => {
    browser = await signedIn(stage, 'carol');
    const account = stage.village.people.get('carol');
    await begin(stage, browser);
    stage.village.people.delete('carol');
    const gone = await press(browser, 'allow');
    if (account) stage.village.people.set('carol', account);
    expect([gone.status, title(gone)]).toEqual([403, 'Sign in']);
    expect(stage.ends()).toHaveLength(1);
    turnClock(3_601_000);
    expect(title(await browser.reload())).toBe('Sign in');
  });

  it('E10: explains it in a page when the accounts can’t be asked, and loses nothing', async () => {
    await begin(stage, browser);
    const { url } = browser;
    stage.village.away = true;
    const away = await logIn(browser);
    expect([away.status, title(away)]).toEqual([503, 'You can’t sign in at the moment']);
    expect(away.body).not.toContain('village');
    expect(stage.log()).toContain('The accounts can’t be asked, Error');
    stage.village.away = false;
    await browser.navigate(url ?? '');
    expect(title(await logIn(browser))).toBe('Allow access?');
  });
});
