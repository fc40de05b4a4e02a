import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { turnClock } from './login-flow.js';
import { begin, field, type LoginStage, logIn, signedIn, startLoginStage, title } from './support/authlete-browser.js';
import { HttpBrowser } from './support/http-browser.js';

let stage: LoginStage;
let browser: HttpBrowser;

beforeAll(async () => {
  stage = await startLoginStage();
});
afterAll(() => stage?.close());
beforeEach(() => void (browser = new HttpBrowser()));
afterEach(() => {
  stage.emulator.clearFaults();
  jest.useRealTimers();
});

const client = { clientId: 4711 };

/** Authlete's answer to the next authorization requests. */
function asks(request: object): void {
  stage.emulator.fault('auth/authorization', {
    body: { action: 'INTERACTION', ticket: 'a-ticket', client, ...request },
  });
}

describe('what is kept of an interaction is bounded', () => {
  it('E7: what is kept of an interaction is bounded: a login_hint that is no user name is dropped', async () => {
    const hint = 'h'.repeat(200);
    expect(field(await begin(stage, browser, { login_hint: hint }), 'username')).toBe(hint);
    const longer = await begin(stage, browser, { login_hint: `${hint}h` });
    expect([title(longer), field(longer, 'username')]).toEqual(['Sign in', '']);
  });

  it.each([
    ['details', (text: string) => ({ authorizationDetails: { elements: [{ type: text }] } })],
    ['claims', (text: string) => ({ claims: [text] })],
    ['resources', (text: string) => ({ resources: [text] })],
  ])('E7: what is kept of an interaction is bounded: too many %s are refused', async (_what, asked) => {
    asks(asked('x'.repeat(4096)));
    expect(title(await begin(stage, browser))).toBe('Sign in');
    asks(asked('x'.repeat(8192)));
    const refused = await begin(stage, new HttpBrowser());
    expect([refused.status, refused.json()['error']]).toEqual([400, 'invalid_request']);
    expect(refused.setCookie).toEqual([]);
  });

  it('E7: what is kept of an interaction is bounded: after a quarter of an hour nothing is, if nobody logs in', async () => {
    const [left, idle] = [await signedIn(stage), browser];
    await begin(stage, left);
    await begin(stage, idle);
    turnClock(901_000);
    expect((await idle.reload()).status).toBe(400);
    expect(title(await left.reload())).toBe('Allow access?');
    expect(title(await begin(stage, idle))).toBe('Sign in');
    expect(title(await logIn(idle))).toBe('Allow access?');
  });
});
