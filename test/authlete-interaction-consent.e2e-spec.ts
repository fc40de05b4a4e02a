import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { begin, logIn, type LoginStage, press, signedIn, startLoginStage } from './support/authlete-browser.js';
import { HttpBrowser } from './support/http-browser.js';

let stage: LoginStage;

beforeAll(async () => {
  stage = await startLoginStage();
});
afterAll(() => stage?.close());
beforeEach(() => void stage.emulator.calls.splice(0));
afterEach(() => stage.emulator.clearFaults());

const client = { clientId: 4712, clientName: 'A client', clientType: 'CONFIDENTIAL' };
const OPENID = { scopes: [{ name: 'openid' }] };

/** What somebody may ask for beyond scopes, as Authlete says it. */
const BEYOND: [string, object][] = [
  ['claims', { claims: ['email'] }],
  ['claimsAtUserInfo', { claimsAtUserInfo: ['phone_number'] }],
  ['resources', { resources: ['https://api.example/'] }],
  ['dynamicScopes', { dynamicScopes: [{ name: 'consent', value: 'consent:urn:bank:4711' }] }],
];

/** Authlete's answers to the next authorization requests. */
function asks(request: object, action = 'INTERACTION'): void {
  stage.emulator.fault('auth/authorization', { body: { action, ticket: 'a-ticket', client, ...request } });
}

/** Opens a request that may not ask anybody; what Authlete was told. */
async function silently(browser: HttpBrowser, request: object): Promise<unknown> {
  asks(request, 'NO_INTERACTION');
  await begin(stage, browser);
  const { api, body } = stage.ends().at(-1) ?? {};
  return api === 'auth/authorization/issue' ? 'issued' : body?.['reason'];
}

async function allow(browser: HttpBrowser, request: object): Promise<void> {
  asks(request);
  await begin(stage, browser);
  await press(browser, 'allow');
}

async function page(request: object): Promise<string> {
  const browser = new HttpBrowser();
  asks(request);
  await begin(stage, browser);
  return (await logIn(browser)).body;
}

describe('what is agreed to', () => {
  it.each(BEYOND)(
    'E9: prompt=none gives no claim, resource or dynamic scope that nobody has agreed to: %s',
    async (_what, beyond) => {
      const browser = await signedIn(stage);
      await allow(browser, OPENID);
      expect(await silently(browser, OPENID)).toBe('issued');
      expect(await silently(browser, { ...OPENID, ...beyond })).toBe('CONSENT_REQUIRED');
      await allow(browser, { ...OPENID, ...beyond });
      expect(await silently(browser, { ...OPENID, ...beyond })).toBe('issued');
    },
  );

  it('E10: a denial takes back what was agreed to', async () => {
    const browser = await signedIn(stage);
    await allow(browser, OPENID);
    await allow(browser, { ...OPENID, client: { ...client, clientId: 4713 } });
    asks(OPENID);
    await begin(stage, browser);
    await press(browser, 'deny');
    expect(await silently(browser, OPENID)).toBe('CONSENT_REQUIRED');
    expect(await silently(browser, { ...OPENID, client: { ...client, clientId: 4713 } })).toBe('issued');
  });

  it('E9: prompt=none with a claim in the browser’s own request gives nothing that wasn’t agreed to', async () => {
    const browser = await signedIn(stage, 'alice', { scope: 'openid' });
    const claims = JSON.stringify({ id_token: { email: null } });
    await begin(stage, browser, { scope: 'openid', prompt: 'none', claims });
    expect(stage.ends().at(-1)?.body).toMatchObject({ reason: 'CONSENT_REQUIRED' });
  });
});

describe('the consent page', () => {
  it('E8: pages show hidden characters', async () => {
    const evil = 'a\u202Eb\u200Bc\u{E0041}d\u2028e';
    const body = await page({
      client: { ...client, clientName: `name ${evil}` },
      scopes: [{ name: `scope ${evil}`, description: `description ${evil}` }],
      dynamicScopes: [{ name: 'dynamic', value: `dynamic ${evil}` }],
      resources: [`resource ${evil}`],
      claims: [`claim ${evil}`],
      authorizationDetails: { elements: [{ type: `details ${evil}` }] },
    });
    for (const what of ['name', 'scope', 'description', 'dynamic', 'resource', 'claim', 'details']) {
      expect(body).toContain(`${what} a‹U+202E›b‹U+200B›c‹U+E0041›d‹U+2028›e`);
    }
    expect(body).toContain('{\n  &#34;type&#34;');
    asks({ client: { ...client, clientName: evil } });
    expect((await begin(stage, new HttpBrowser())).body).toContain('a‹U+202E›b');
  });

  it('E9: lists claims, resources and dynamic scopes beside the scopes', async () => {
    const body = await page(Object.assign({}, OPENID, ...BEYOND.map(([, beyond]) => beyond)));
    expect([...body.matchAll(/<code>([^<]*)<\/code>/g)].map(([, name]) => name)).toEqual([
      'openid',
      'consent:urn:bank:4711',
      'https://api.example/',
      'email, phone_number',
    ]);
  });
});
