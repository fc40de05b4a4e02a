import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { turnClock } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import {
  begin,
  CLIENT_ID,
  GOLD,
  heard,
  logIn,
  type LoginStage,
  press,
  REDIRECT_URI,
  signedIn,
  SILVER,
  startLoginStage,
  title,
} from './support/authlete-browser.js';

let stage: LoginStage;

beforeAll(async () => {
  stage = await startLoginStage();
  // nothing is issued in silence to a public one
  stage.emulator.set({ client: { clientId: CLIENT_ID, clientType: 'CONFIDENTIAL' } });
});
afterAll(() => stage?.close());
beforeEach(() => void stage.emulator.calls.splice(0));
afterEach(() => {
  stage.emulator.clearFaults();
  jest.useRealTimers();
});

const demand = (claims: object) => ({ claims: JSON.stringify({ id_token: claims }) });
const subject = (value: string) => demand({ sub: { value } });
const acr = (...values: string[]) => demand({ acr: { values, essential: true } });

/** Asks with `prompt=none`; why Authlete was told to fail, or that it was to issue a code. */
async function ask(browser: HttpBrowser, parameters: Record<string, string> = {}): Promise<unknown> {
  const hop = await begin(stage, browser, { prompt: 'none', ...parameters });
  const { api, body } = stage.ends().at(-1) ?? { api: '', body: {} };
  expect(hop.status).toBe(302);
  if (api === 'auth/authorization/issue') expect(heard(hop)).toMatchObject({ code: expect.any(String) });
  else expect(heard(hop)).toMatchObject({ error: expect.any(String), state: 'a-state' });
  return api === 'auth/authorization/issue' ? 'issued' : body['reason'];
}

describe('prompt=none', () => {
  it('E9: fails with NOT_LOGGED_IN where nobody is signed in, and leaves no cookie', async () => {
    const browser = new HttpBrowser();
    expect(await ask(browser)).toBe('NOT_LOGGED_IN');
    expect(browser.cookies(stage.issuer)).toEqual([]);
  });

  it('E9: gets its code where the person is signed in and has agreed to the same before', async () => {
    const browser = await signedIn(stage, 'bob');
    expect(await ask(browser, { scope: 'profile' })).toBe('issued');
    expect(stage.ends().at(-1)?.body).toEqual({
      ticket: expect.any(String),
      subject: 'bob',
      acr: SILVER,
      authTime: expect.any(Number),
      claims: '{"name":"Bob"}',
    });
  });

  it('E9: fails with EXCEEDS_MAX_AGE where the login is too old, and only then', async () => {
    const browser = await signedIn(stage);
    turnClock(60_000);
    expect(await ask(browser, { max_age: '100' })).toBe('issued');
    expect(await ask(browser, { max_age: '50' })).toBe('EXCEEDS_MAX_AGE');
    expect(await ask(browser, { max_age: '0' })).toBe('EXCEEDS_MAX_AGE');
  });

  it('E9: fails with DIFFERENT_SUBJECT where somebody else is signed in', async () => {
    const browser = await signedIn(stage);
    expect(await ask(browser, subject('alice'))).toBe('issued');
    expect(await ask(browser, subject('bob'))).toBe('DIFFERENT_SUBJECT');
  });

  it('E9: fails with ACR_NOT_SATISFIED where the login was of a lesser class, if the class is essential', async () => {
    const browser = await signedIn(stage, 'bob');
    expect(await ask(browser, acr(SILVER))).toBe('issued');
    expect(await ask(browser, acr(GOLD, SILVER))).toBe('issued');
    expect(await ask(browser, acr(GOLD))).toBe('ACR_NOT_SATISFIED');
    expect(await ask(browser, { acr_values: GOLD })).toBe('issued');
  });

  it('E9: fails with CONSENT_REQUIRED where a scope is new', async () => {
    const browser = await signedIn(stage);
    expect(await ask(browser, { scope: 'openid profile email' })).toBe('CONSENT_REQUIRED');
    await begin(stage, browser, { scope: 'openid email' });
    await press(browser, 'allow');
    expect(await ask(browser, { scope: 'openid profile email' })).toBe('issued');
  });

  it('E9: takes no denial for a consent', async () => {
    const browser = new HttpBrowser();
    await begin(stage, browser);
    await logIn(browser);
    await press(browser, 'deny');
    expect(await ask(browser)).toBe('CONSENT_REQUIRED');
  });

  it('E9: takes the consent for one client for no other’s', async () => {
    const other = { clientId: '4712', tokenAuthMethod: 'NONE', redirectUris: [REDIRECT_URI] };
    stage.emulator.set({ client: other });
    const browser = await signedIn(stage);
    expect(await ask(browser, { client_id: '4712' })).toBe('CONSENT_REQUIRED');
    expect(await ask(browser, { client_id: '4712', scope: 'nothing-that-there-is' })).toBe('CONSENT_REQUIRED');
  });

  it('E9: prompt=none issues nothing to a client that can’t be told from another', async () => {
    const browser = await signedIn(stage);
    expect(await ask(browser)).toBe('issued');
    stage.emulator.set({ client: { clientId: CLIENT_ID, clientType: 'PUBLIC' } });
    const reason = await ask(browser);
    stage.emulator.set({ client: { clientId: CLIENT_ID, clientType: 'CONFIDENTIAL' } });
    expect(reason).toBe('CONSENT_REQUIRED');
  });

  it('E9: max_age=00 demands a login', async () => {
    const browser = await signedIn(stage);
    expect(await ask(browser, { max_age: '00' })).toBe('EXCEEDS_MAX_AGE');
    expect(title(await begin(stage, browser, { max_age: '00' }))).toBe('Sign in');
    expect(title(await begin(stage, browser, { max_age: '' }))).toBe('Allow access?');
  });

  it('E9: takes the consent of one person for nobody else’s', async () => {
    const browser = await signedIn(stage);
    await begin(stage, browser, { prompt: 'login' });
    await logIn(browser, 'bob');
    expect(await ask(browser)).toBe('CONSENT_REQUIRED');
  });

  it('E9: keeps the consents of a person who logs in again', async () => {
    const browser = await signedIn(stage);
    await begin(stage, browser, { prompt: 'login' });
    await logIn(browser, 'alice');
    expect(await ask(browser)).toBe('issued');
  });

  it('E9: takes no consent to details from before (RFC 9396)', async () => {
    const browser = await signedIn(stage);
    stage.emulator.fault('auth/authorization', {
      body: {
        action: 'NO_INTERACTION',
        ticket: 'a-ticket-for-money',
        client: { clientId: Number(CLIENT_ID) },
        authorizationDetails: { elements: [{ type: 'payment', otherFields: '{"amount":"100"}' }] },
      },
    });
    await begin(stage, browser, { prompt: 'none' });
    expect(stage.ends().at(-1)?.body).toEqual({ ticket: 'a-ticket-for-money', reason: 'CONSENT_REQUIRED' });
  });

  it('E9: gives the first reason of those that there are', async () => {
    const browser = await signedIn(stage, 'bob');
    const all = {
      scope: 'openid email',
      max_age: '50',
      ...demand({ sub: { value: 'alice' }, acr: { values: [GOLD], essential: true } }),
    };
    const { max_age: _age, ...young } = all;
    turnClock(60_000);
    expect(await ask(new HttpBrowser(), all)).toBe('NOT_LOGGED_IN');
    expect(await ask(browser, all)).toBe('EXCEEDS_MAX_AGE');
    expect(await ask(browser, young)).toBe('DIFFERENT_SUBJECT');
    expect(await ask(browser, { ...young, ...acr(GOLD) })).toBe('ACR_NOT_SATISFIED');
    expect(await ask(browser, { scope: 'openid email' })).toBe('CONSENT_REQUIRED');
  });

  it('E9: knows nobody whose login is over, or whose account has gone', async () => {
    const [alice, carol] = [await signedIn(stage), await signedIn(stage, 'carol')];
    const account = stage.village.people.get('carol');
    stage.village.people.delete('carol');
    expect(await ask(carol)).toBe('NOT_LOGGED_IN');
    if (account) stage.village.people.set('carol', account);
    expect(await ask(carol)).toBe('issued');
    turnClock(3_601_000);
    expect(await ask(alice)).toBe('NOT_LOGGED_IN');
    expect(title(await begin(stage, alice))).toBe('Sign in');
  });

  it('E9: says temporarily_unavailable where the accounts can’t be asked', async () => {
    const browser = await signedIn(stage);
    stage.village.away = true;
    const failed = await begin(stage, browser, { prompt: 'none' });
    stage.village.away = false;
    expect([failed.status, failed.json()['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(await ask(browser)).toBe('issued');
  });
});
