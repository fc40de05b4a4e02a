import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from './support/http-browser.js';
import {
  alert,
  begin,
  heard,
  logIn,
  type LoginStage,
  PASSWORD,
  press,
  REDIRECT_URI,
  startLoginStage,
  title,
  until,
} from './support/authlete-browser.js';

/** Seconds; longer than any ticket lives. */
const TOO_LONG = 25 * 60 * 60;

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

/** Of somebody new. */
async function consentPage(parameters: Record<string, string> = {}): Promise<void> {
  browser = new HttpBrowser();
  await begin(stage, browser, parameters);
  await logIn(browser);
}

describe('the ticket', () => {
  it('E7, E12: stands in no page, address, header, cookie or log; nor does the password, the code or a parameter', async () => {
    await begin(stage, browser, { nonce: 'a-nonce-of-this-test' });
    await logIn(browser, 'alice', 'a wrong password of this test');
    await logIn(browser);
    const { code = '' } = heard(await press(browser, 'allow'));
    const ticket = String(stage.ends()[0]?.body['ticket']);
    const seen = JSON.stringify(
      browser.hops.map(({ url, headers, setCookie, body }) => [url, headers, setCookie, body]),
    );
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expect(code).not.toBe('');
    expect(seen).not.toContain(ticket);
    for (const secret of [ticket, code, PASSWORD, 'a wrong password of this test', 'a-nonce-of-this-test', 'a-state'])
      expect(stage.log()).not.toContain(secret);
    expect(stage.log()).toContain('"interaction_ended"');
  });

  it('E7: is taken once: the form, sent again, gets a page and no second call', async () => {
    await consentPage();
    const again = browser.clone();
    expect(heard(await press(browser, 'allow'))).toHaveProperty('code');
    const late = await press(again, 'allow');
    expect([late.status, title(late)]).toEqual([400, 'This sign-in can’t go on']);
    expect(late.body).toContain('Go back to the application and start again.');
    expect(stage.ends()).toHaveLength(1);
  });

  it('E7: is taken once, also by forms that arrive together', async () => {
    await consentPage();
    const tabs = [browser, browser.clone(), browser.clone(), browser.clone()];
    const hops = await Promise.all(tabs.map(tab => press(tab, tab === browser ? 'deny' : 'allow')));
    expect(hops.filter(({ status }) => status === 302)).toHaveLength(1);
    expect(hops.filter(({ status }) => status === 400)).toHaveLength(3);
    expect(stage.ends()).toHaveLength(1);
  });

  it('E7: is gone with the page that it was for', async () => {
    await consentPage();
    const { url } = browser;
    await press(browser, 'allow');
    expect((await browser.navigate(url ?? '')).status).toBe(400);
  });

  it('E10: that has died is explained to the person, whether it was to be used or given back', async () => {
    for (const button of ['allow', 'deny']) {
      await consentPage();
      stage.emulator.advance(TOO_LONG);
      const page = await press(browser, button);
      expect([page.status, title(page)]).toEqual([400, 'This sign-in has expired']);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.body).toContain('Go back to the application and start again.');
      expect(page.body).not.toContain('EMU-');
    }
  });

  it('E10: is used up by a failure, too', async () => {
    await consentPage();
    const again = browser.clone();
    stage.emulator.fault('auth/authorization/issue', 'disconnect');
    await press(browser, 'allow');
    stage.emulator.clearFaults();
    expect(title(await press(again, 'allow'))).toBe('This sign-in can’t go on');
  });
});

describe('the end of an interaction', () => {
  it.each([
    ['disconnect', 503, 'You can’t sign in at the moment'],
    ['too_many_requests', 503, 'You can’t sign in at the moment'],
    ['internal_server_error', 503, 'You can’t sign in at the moment'],
    ['unauthorized', 500, 'Something went wrong here'],
    ['garbage', 500, 'Something went wrong here'],
    ['unknown_action', 500, 'Something went wrong here'],
    ['missing_action', 500, 'Something went wrong here'],
    [{ body: { action: 'INTERNAL_SERVER_ERROR', responseContent: '{"secret":1}' } }, 500, 'Something went wrong here'],
    [{ body: { action: 'LOCATION' } }, 500, 'Something went wrong here'],
  ] as const)('E10: explains %j from Authlete in a page: %i', async (fault, status, words) => {
    await consentPage();
    stage.emulator.fault('auth/authorization/issue', fault);
    const page = await press(browser, 'allow');
    expect([page.status, title(page)]).toEqual([status, words]);
    expect(page.body).toMatch(/^<!doctype html>/);
    expect(page.body).not.toMatch(/secret|Authlete|EMU/);
    expect(alert(page)).not.toBe('');
  });

  it('E10: is Authlete’s form where the client wants one, whose script may run', async () => {
    await consentPage({ response_mode: 'form_post' });
    const page = await press(browser, 'allow');
    expect(page.status).toBe(200);
    expect(page.body).toContain(`action="${REDIRECT_URI}"`);
    expect(page.headers['content-security-policy'] ?? '').not.toMatch(/script-src|default-src|form-action/);
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('E10: reaches a client on a loopback address or with a scheme of its own as any other', async () => {
    for (const uri of ['http://127.0.0.1:8080/cb', 'com.example.tea:/cb']) {
      stage.emulator.set({ client: { clientId: '4711', redirectUris: [uri, REDIRECT_URI] } });
      await consentPage({ redirect_uri: uri });
      const { location } = await browser.submitForm({}, { button: 'allow', follow: false });
      expect(location).toMatch(`${uri}?code=`);
    }
  });
});

describe('a person who denies', () => {
  it('E10: on the consent page is reported as DENIED, and the client hears access_denied', async () => {
    await begin(stage, browser);
    await logIn(browser);
    const back = await press(browser, 'deny');
    expect(back.status).toBe(302);
    expect(heard(back)).toMatchObject({ error: 'access_denied', state: 'a-state' });
    expect(stage.ends()).toMatchObject([{ api: 'auth/authorization/fail', body: { reason: 'DENIED' } }]);
  });

  it('E10: on the login page is reported as DENIED, whatever the fields hold', async () => {
    await begin(stage, browser);
    expect(heard(await press(browser, 'deny', { username: '', password: '' }))).toMatchObject({
      error: 'access_denied',
    });
    expect(stage.village.tried).toEqual([]);
  });

  it('E10: stays signed in', async () => {
    await begin(stage, browser);
    await logIn(browser);
    await press(browser, 'deny');
    expect(title(await begin(stage, browser))).toBe('Allow access?');
  });

  it('E10: can’t agree any more', async () => {
    await begin(stage, browser);
    await logIn(browser);
    const second = browser.clone();
    await press(browser, 'deny');
    const late = await second.submitForm({}, { button: 'allow', until });
    expect([late.status, title(late)]).toEqual([400, 'This sign-in can’t go on']);
    expect(stage.ends()).toHaveLength(1);
  });
});
