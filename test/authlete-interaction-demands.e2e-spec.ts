import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { turnClock } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import {
  alert,
  begin,
  field,
  GOLD,
  heard,
  logIn,
  type LoginStage,
  press,
  signedIn,
  SILVER,
  startLoginStage,
  title,
  until,
} from './support/authlete-browser.js';

let stage: LoginStage;

beforeAll(async () => {
  stage = await startLoginStage();
});
afterAll(() => stage?.close());
beforeEach(() => void stage.emulator.calls.splice(0));
afterEach(() => void jest.useRealTimers());

const demand = (claims: object) => ({ claims: JSON.stringify({ id_token: claims }) });
const subject = (value: string) => demand({ sub: { value } });
const acr = (value: string) => demand({ acr: { value, essential: true } });

const OTHER = 'The application asks for another account than the one that you are signed in with.';
const SAFER = 'The application asks for a safer way to sign in than the one of your account.';

/** What Authlete was told when the person gave up. */
async function reasonOfCancelling(browser: HttpBrowser): Promise<unknown> {
  const hop = await press(browser, 'deny');
  expect(heard(hop)).toHaveProperty('error');
  return stage.ends().at(-1)?.body['reason'];
}

describe('a demand for a new login', () => {
  it.each([{ prompt: 'login' }, { prompt: 'select_account' }, { prompt: 'consent login' }, { max_age: '0' }])(
    'E9: %j asks somebody who is signed in, and is met by a login, without a loop',
    async parameters => {
      const browser = await signedIn(stage);
      turnClock(600_000);
      expect(title(await begin(stage, browser, parameters))).toBe('Sign in');
      expect(title(await browser.reload())).toBe('Sign in');
      const now = Math.floor(Date.now() / 1000);
      expect(title(await logIn(browser))).toBe('Allow access?');
      turnClock(10_000);
      expect(title(await browser.reload())).toBe('Allow access?');
      expect(heard(await press(browser, 'allow'))).toHaveProperty('code');
      expect(stage.ends().at(-1)?.body['authTime']).toBeGreaterThanOrEqual(now);
    },
  );

  it('E9: prompt=consent alone asks for no password', async () => {
    const browser = await signedIn(stage);
    expect(title(await begin(stage, browser, { prompt: 'consent' }))).toBe('Allow access?');
  });

  it('E9: is met for its own request alone', async () => {
    const browser = await signedIn(stage);
    const first = await begin(stage, browser, { prompt: 'login' });
    await begin(stage, browser, { prompt: 'login' });
    await logIn(browser);
    expect(title(await browser.navigate(first.url))).toBe('Sign in');
  });

  it('E9: can’t be met with a wrong password', async () => {
    const browser = await signedIn(stage);
    await begin(stage, browser, { prompt: 'login' });
    expect((await logIn(browser, 'alice', 'a guess')).status).toBe(422);
    expect(title(await browser.navigate(browser.url ?? ''))).toBe('Sign in');
  });

  it('E9: can’t be waved away by a form that agrees', async () => {
    const browser = await signedIn(stage);
    stage.emulator.calls.splice(0);
    await begin(stage, browser, { prompt: 'login' });
    const page = await browser.submitForm({ decision: 'allow' }, { until });
    expect([page.status, title(page)]).toEqual([403, 'Sign in']);
    expect(stage.ends()).toEqual([]);
  });
});

describe('max_age', () => {
  it('E9: asks somebody whose login is older, says so, and is met by a login', async () => {
    const browser = await signedIn(stage);
    turnClock(60_000);
    expect(title(await begin(stage, browser, { max_age: '100' }))).toBe('Allow access?');
    const page = await begin(stage, browser, { max_age: '50' });
    expect(title(page)).toBe('Sign in');
    expect(page.body).toContain('You signed in some time ago. Please do it again.');
    expect(title(await logIn(browser))).toBe('Allow access?');
  });

  it('E9: is met also by a person who takes a long time over the consent', async () => {
    const browser = new HttpBrowser();
    await begin(stage, browser, { max_age: '50' });
    await logIn(browser);
    turnClock(60_000);
    expect(heard(await press(browser, 'allow'))).toHaveProperty('code');
  });
});

describe('a demand for a subject', () => {
  it('E9: lets the one pass who is signed in', async () => {
    const browser = await signedIn(stage);
    expect(title(await begin(stage, browser, subject('alice')))).toBe('Allow access?');
  });

  it('E9: asks somebody else to log in as another, without saying as whom', async () => {
    const browser = await signedIn(stage, 'bob');
    const page = await begin(stage, browser, subject('alice'));
    expect([title(page), alert(page)]).toEqual(['Sign in', OTHER]);
    expect(page.body).not.toMatch(/alice/i);
    const wrong = await logIn(browser, 'carol');
    expect([title(wrong), alert(wrong)]).toEqual(['Sign in', OTHER]);
    expect(title(await logIn(browser, 'alice'))).toBe('Allow access?');
    await press(browser, 'allow');
    expect(stage.ends().at(-1)?.body).toMatchObject({ subject: 'alice' });
  });

  it('E9: that the person can’t meet ends with DIFFERENT_SUBJECT', async () => {
    const browser = await signedIn(stage, 'bob');
    await begin(stage, browser, subject('alice'));
    expect(await reasonOfCancelling(browser)).toBe('DIFFERENT_SUBJECT');
  });

  it('E9, E10: that the person meets and then denies ends with DENIED', async () => {
    const browser = await signedIn(stage);
    await begin(stage, browser, subject('alice'));
    expect(await reasonOfCancelling(browser)).toBe('DENIED');
  });
});

describe('a demand for an authentication class', () => {
  it('E9: that is essential asks somebody with a lesser one to log in as somebody with it', async () => {
    const browser = await signedIn(stage, 'bob');
    const page = await begin(stage, browser, acr(GOLD));
    expect([title(page), alert(page)]).toEqual(['Sign in', SAFER]);
    const wrong = await logIn(browser, 'alice');
    expect([title(wrong), alert(wrong)]).toEqual(['Sign in', SAFER]);
    expect(title(await logIn(browser, 'carol'))).toBe('Allow access?');
    await press(browser, 'allow');
    expect(stage.ends().at(-1)?.body).toMatchObject({ subject: 'carol', acr: GOLD });
  });

  it('E9: that can’t be met ends with ACR_NOT_SATISFIED', async () => {
    const browser = await signedIn(stage, 'bob');
    await begin(stage, browser, acr(GOLD));
    expect(await reasonOfCancelling(browser)).toBe('ACR_NOT_SATISFIED');
  });

  it('E9: that is met, or only a wish, asks for nothing', async () => {
    const browser = await signedIn(stage, 'bob');
    expect(title(await begin(stage, browser, acr(SILVER)))).toBe('Allow access?');
    expect(title(await begin(stage, browser, { acr_values: GOLD }))).toBe('Allow access?');
  });
});

describe('login_hint', () => {
  it('E9: stands in the field, and whatever the person types takes its place', async () => {
    const browser = new HttpBrowser();
    expect(field(await begin(stage, browser, { login_hint: 'bob' }), 'username')).toBe('bob');
    expect(field(await logIn(browser, 'alice', 'a guess'), 'username')).toBe('alice');
    expect(title(await logIn(browser))).toBe('Allow access?');
  });
});
