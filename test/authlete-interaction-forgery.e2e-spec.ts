import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import {
  alert,
  begin,
  field,
  heard,
  logIn,
  type LoginStage,
  PASSWORD,
  press,
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
