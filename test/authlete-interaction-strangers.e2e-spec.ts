import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Hop, HttpBrowser } from './support/http-browser.js';
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
  browser = new HttpBrowser();
});

const tokenOf = (page: Hop) => field(page, 'csrf') ?? '';

async function consentPage(): Promise<Hop> {
  await begin(stage, browser);
  return logIn(browser);
}

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
