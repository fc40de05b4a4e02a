import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import {
  alert,
  begin,
  COOKIE,
  field,
  heard,
  logIn,
  type LoginStage,
  PASSWORD,
  press,
  signedIn,
  startLoginStage,
  title,
  until,
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
afterEach(() => stage.emulator.clearFaults());

const tokenOf = (page: Hop) => field(page, 'csrf') ?? '';

/** As the page's form, with these over its fields and the browser's headers. */
const forge = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  browser.submitForm(fields, { button: 'allow', headers, until });

async function consentPage(): Promise<Hop> {
  await begin(stage, browser);
  return logIn(browser);
}

describe('a form', () => {
  it.each(['', 'x', 'A'.repeat(32)])('E8: with the token %j is refused, and the page is shown again', async csrf => {
    await consentPage();
    const page = await forge({ csrf });
    expect([page.status, title(page)]).toEqual([403, 'Allow access?']);
    expect(alert(page)).toMatch(/^This page was out of date, so nothing has been done/);
    expect(stage.ends()).toEqual([]);
    expect(heard(await press(browser, 'allow'))).toHaveProperty('code');
  });

  it('E8: without a token is refused', async () => {
    await consentPage();
    const page = await browser.navigate(browser.url ?? '', { form: { decision: 'allow' }, until });
    expect(page.status).toBe(403);
    expect(stage.ends()).toEqual([]);
  });

  it('E8: with the token of another browser is refused', async () => {
    const other = new HttpBrowser();
    const csrf = tokenOf(await begin(stage, other));
    await consentPage();
    expect((await forge({ csrf })).status).toBe(403);
    expect(stage.ends()).toEqual([]);
  });

  it('E8: of the login too needs the token; its user name isn’t lost, and no password is tried', async () => {
    await begin(stage, browser);
    const page = await logIn(browser, 'alice', PASSWORD).then(() => begin(stage, browser, { prompt: 'login' }));
    const refused = await browser.submitForm({ username: 'bob', password: PASSWORD, csrf: 'x' }, { button: 'login' });
    expect([title(page), refused.status, field(refused, 'username')]).toEqual(['Sign in', 403, 'bob']);
    expect(stage.village.tried).toEqual(['alice']);
  });

  it('E8: that was shown to Alice decides nothing for Bob, who has logged in since', async () => {
    await consentPage();
    const second = browser.clone();
    await press(browser, 'switch');
    await logIn(browser, 'bob');
    const late = browser.clone();
    late.page = second.page;
    const page = await press(late, 'allow');
    expect(page.status).toBe(403);
    expect(page.body).toContain('<strong>Bob Brown</strong>');
    expect(stage.ends()).toEqual([]);
  });

  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none', origin: '' }],
  ])('E8: with %j comes from elsewhere and is refused, though it has the token', async headers => {
    await consentPage();
    const page = await forge({}, headers);
    expect([page.status, title(page)]).toEqual([403, 'Nothing has been done']);
    expect(stage.ends()).toEqual([]);
  });

  it('E8: of a browser that says nothing about where it comes from is taken by its token', async () => {
    await consentPage();
    const hop = await forge({}, { origin: '', 'sec-fetch-site': '', 'sec-fetch-mode': '', 'sec-fetch-dest': '' });
    expect(heard(hop)).toHaveProperty('code');
  });

  it('E8: posted by another site’s page has no session, and does nothing', async () => {
    const csrf = tokenOf(await consentPage());
    const form = { csrf, decision: 'allow' };
    const page = await browser.navigate(browser.url ?? '', { form, initiator: 'https://evil.example/', until });
    expect(page.status).toBe(403);
    expect(stage.ends()).toEqual([]);
  });
});

describe('another browser', () => {
  it('E7: can do nothing with the id of somebody’s interaction, signed in or not', async () => {
    const page = await consentPage();
    for (const other of [new HttpBrowser(), await signedIn(stage, 'bob')]) {
      stage.emulator.calls.splice(0);
      const shown = await other.navigate(page.url);
      expect([shown.status, title(shown)]).toEqual([400, 'This sign-in can’t go on']);
      expect(shown.body).not.toMatch(/Alice|Sons/);
      const own = await begin(stage, other);
      const form = { csrf: tokenOf(own), decision: 'allow' };
      expect((await other.navigate(page.url, { form, until })).status).toBe(400);
      expect(stage.ends()).toEqual([]);
    }
  });

  it('E11: that has planted its session gets nothing of the login that is made in it', async () => {
    const attacker = browser;
    await begin(stage, attacker);
    const [planted] = attacker.cookies(stage.issuer);
    const victim = new HttpBrowser();
    expect(victim.setCookie(stage.issuer, `${COOKIE}=${planted?.value}; Path=/; Secure; HttpOnly`)).toBe(true);
    await victim.navigate(attacker.url ?? '');
    expect(title(await logIn(victim))).toBe('Allow access?');
    expect((await attacker.reload()).status).toBe(400);
    expect(title(await begin(stage, attacker))).toBe('Sign in');
  });

  it('E11: finds no session by an id that it has made up, or signed itself', async () => {
    const { url } = await consentPage();
    const [cookie] = browser.cookies(stage.issuer);
    const id = decodeURIComponent(cookie?.value ?? '')
      .slice(2)
      .split('.')[0];
    for (const made of [`s%3A${id}.${'A'.repeat(43)}`, `${id}`, 's%3Amade-up.x']) {
      const other = new HttpBrowser();
      other.setCookie(stage.issuer, `${COOKIE}=${made}; Path=/; Secure; HttpOnly`);
      expect((await other.navigate(url)).status).toBe(400);
      await begin(stage, other);
      expect(other.cookies(stage.issuer)[0]?.value).not.toContain(made);
    }
  });

  it('E7: that keeps no cookies gets that explained', async () => {
    const { location } = await browser.navigate(stage.url(), { follow: false });
    browser.clearCookies();
    const page = await browser.navigate(location ?? '');
    expect(page.status).toBe(400);
    expect(alert(page)).toContain('your browser keeps no cookies from here');
  });
});

describe('a page', () => {
  const MARKUP = '"><script>alert(1)</script><b class=\'';

  it('E8: can’t be framed, has no script, and its style is the one of its policy', async () => {
    const pages = [await begin(stage, browser), await logIn(browser, 'x'), await logIn(browser)];
    pages.push(await browser.navigate(`${stage.issuer}/as/interaction?id=unknown`));
    for (const { headers, body } of pages) {
      const [, style = ''] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
      const hash = createHash('sha256').update(style).digest('base64');
      expect(headers['content-security-policy']).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
      );
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cache-control': 'no-store',
        pragma: 'no-cache',
        'content-type': 'text/html; charset=utf-8',
      });
      expect(body).not.toContain('<script');
    }
  });

  it('E8: shows what others have written as text: hint, user name, names of client, person and scope', async () => {
    stage.emulator.set({ service: { supportedScopes: [{ name: 'openid', description: MARKUP }] } });
    const hinted = await begin(stage, browser, { login_hint: MARKUP });
    const typed = await logIn(browser, MARKUP, 'a guess');
    const consent = await logIn(browser);
    expect(hinted.body).toContain('value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;b class=&#39;"');
    expect(field(typed, 'username')).toBe(field(hinted, 'username'));
    expect(consent.body).toContain('Tea &#60;b onmouseover=&#34;alert(1)&#34;&#62;&#38;amp; Sons&#60;/b&#62;');
    expect(consent.body).toContain('Alice &#60;i&#62;Abbott&#60;/i&#62;');
    for (const { body } of [hinted, typed, consent]) expect(body).not.toMatch(/<script|<b[ >]|<i>/);
  });
});

describe('what isn’t the page’s form', () => {
  it.each([
    ['a megabyte', 413, { body: `csrf=${'a'.repeat(1_048_576)}` }],
    ['JSON', 415, { body: '{"decision":"allow"}', headers: { 'content-type': 'application/json' } }],
    ['a repeated field', 400, { body: 'decision=deny&decision=allow' }],
  ])('E6: %s is refused by a page with %i, and nothing is lost', async (_what, status, init) => {
    await consentPage();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-mode': 'navigate' };
    const answer = await browser.fetch(browser.url ?? '', { method: 'POST', headers, ...init });
    expect([answer.status, title(answer)]).toEqual([status, 'Nothing has been done']);
    expect(stage.ends()).toEqual([]);
    expect(heard(await press(browser, 'allow'))).toHaveProperty('code');
  });

  it.each(['', 'ALLOW', 'constructor'])('E6: the decision %j is none', async decision => {
    const csrf = tokenOf(await consentPage());
    const page = await browser.navigate(browser.url ?? '', { form: { csrf, decision }, until });
    expect([page.status, title(page)]).toEqual([400, 'Nothing has been done']);
    expect(stage.ends()).toEqual([]);
  });

  it('E6: a decision in the address shows the page and decides nothing', async () => {
    const csrf = tokenOf(await consentPage());
    const page = await browser.navigate(`${browser.url}&csrf=${csrf}&decision=allow`);
    expect([page.status, title(page)]).toEqual([200, 'Allow access?']);
    expect(stage.ends()).toEqual([]);
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS'])('E6: %s is answered with 405', async method => {
    const answer = await fetch(`${stage.issuer}/as/interaction?id=x`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it.each(['', '?id=', '?id=a&id=b', '?id[]=a', '?id[__proto__]=a'])(
    'E6: the address %j is explained',
    async search => {
      await begin(stage, browser);
      const page = await browser.navigate(`${stage.issuer}/as/interaction${search}`);
      expect([page.status, title(page)]).toEqual([400, 'This sign-in can’t go on']);
    },
  );
});
