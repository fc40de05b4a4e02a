import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { begin, type Pair, startPair } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ ALLOWED_ORIGINS: 'http://localhost:5173' });
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

/** Status and code of the answer to `/login` by fetch with this query. */
async function answerTo(query: string, parlour = pair.parlour): Promise<[number, unknown]> {
  const headers = { accept: 'application/json', 'x-csrf': '1' };
  const hop = await new HttpBrowser().fetch(`${parlour.url}/login?${query}`, { headers, page: parlour.url });
  return [hop.status, hop.json()['code']];
}

describe('what the browser may set', () => {
  it.each([
    ['prompt', 'login'],
    ['prompt', 'none'],
    ['prompt', 'login consent select_account create'],
    ['login_hint', 'ålice@example.org'],
    ['login_hint', 'x'.repeat(200)],
    ['ui_locales', 'de-AT en zh-Hant-HK'],
    ['acr_values', 'urn:mace:incommon:iap:silver phr'],
    ['max_age', '0'],
    ['max_age', '31536000'],
  ])('P3: %s=%s goes into the push as it is', async (name, value) => {
    expect(await answerTo(new URLSearchParams({ [name]: value }).toString())).toEqual([200, undefined]);
    expect(pair.hostile.to('par')[0]?.params.get(name)).toBe(value);
  });

  it.each([
    ['prompt', 'login none'],
    ['prompt', 'login login'],
    ['prompt', 'LOGIN'],
    ['prompt', ''],
    ['prompt', ' login'],
    ['prompt', 'login\n'],
    ['login_hint', ''],
    ['login_hint', 'x'.repeat(201)],
    ['login_hint', 'a\u0000b'],
    ['login_hint', 'a\r\nb'],
    ['login_hint', 'a\u202eb'],
    ['ui_locales', 'd'],
    ['ui_locales', 'de_AT'],
    ['ui_locales', 'de  en'],
    ['ui_locales', Array.from({ length: 11 }, () => 'de').join(' ')],
    ['ui_locales', `de${'-12345678'.repeat(30)}`],
    ['acr_values', 'a"b'],
    ['acr_values', 'ä'],
    ['acr_values', Array.from({ length: 11 }, () => 'a').join(' ')],
    ['acr_values', 'x'.repeat(201)],
    ['max_age', '-1'],
    ['max_age', '1.5'],
    ['max_age', '1e3'],
    ['max_age', '31536001'],
    ['max_age', ''],
  ])('S4: %s=%j is refused', async (name, value) => {
    const [status, code] = await answerTo(new URLSearchParams({ [name]: value }).toString());
    expect([status, code]).toEqual([400, 'invalid_login_parameter']);
    expect(pair.hostile.count('par')).toBe(0);
  });
});

describe('what it may not set', () => {
  const own =
    'client_id response_type redirect_uri scope state nonce code_challenge code_challenge_method response_mode';
  const others = 'request request_uri client_secret client_assertion id_token_hint claims resource display audience';
  const strange = ['__proto__', 'constructor', 'toString', 'prompt[]', 'Prompt', 'return_to[]', ''];
  it.each([...own.split(' '), ...others.split(' '), ...strange])('P3: %j is refused', async name => {
    const [status, code] = await answerTo(`${encodeURIComponent(name)}=x`);
    expect([status, code]).toEqual([400, 'invalid_login_parameter']);
    expect(pair.hostile.count('par')).toBe(0);
  });

  it.each(['prompt=login&prompt=none', 'return_to=/a&return_to=//evil.example', 'max_age=1&max_age=2'])(
    'S4: %s is refused, as one name may come once',
    async query => {
      expect(await answerTo(query)).toEqual([400, 'invalid_request']);
      expect(pair.hostile.count('par')).toBe(0);
    },
  );

  it('P3: LOGIN_PARAMETERS narrows the list', async () => {
    const parlour = await startParlour(pair.hostile.issuer, { LOGIN_PARAMETERS: 'login_hint ui_locales' });
    expect(await answerTo('login_hint=alice&return_to=/a', parlour)).toEqual([200, undefined]);
    expect(await answerTo('prompt=login', parlour)).toEqual([400, 'invalid_login_parameter']);
    expect(await answerTo('acr_values=x', parlour)).toEqual([400, 'invalid_login_parameter']);
    await parlour.close();
  });

  it('P3: AUTHORIZATION_PARAMS go into every push, and the browser can’t weaken them', async () => {
    const AUTHORIZATION_PARAMS = 'audience=https%3A%2F%2Fapi.example&acr_values=gold';
    const parlour = await startParlour(pair.hostile.issuer, { AUTHORIZATION_PARAMS });
    expect((await begin(parlour)).status).toBe(303);
    const push = pair.hostile.to('par')[0]?.params;
    expect([push?.get('audience'), push?.get('acr_values')]).toEqual(['https://api.example', 'gold']);
    expect(await answerTo('acr_values=bronze', parlour)).toEqual([400, 'invalid_login_parameter']);
    expect(pair.hostile.count('par')).toBe(1);
    await parlour.close();
  });
});

describe('a login that no user started', () => {
  const shapes: [string, Record<string, string>][] = [
    ['an iframe', { 'sec-fetch-dest': 'iframe' }],
    ['a frame', { 'sec-fetch-dest': 'frame' }],
    ['an embed', { 'sec-fetch-dest': 'embed' }],
    ['an object', { 'sec-fetch-dest': 'object' }],
    ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
    ['a script', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }],
    ['a fetch without the header', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
    ['what is no navigation, whatever it says it loads', { 'sec-fetch-mode': 'no-cors' }],
    ['a prefetch', { 'sec-purpose': 'prefetch' }],
    ['a prerender', { 'sec-purpose': 'prefetch;prerender' }],
    ['an old browser’s prefetch', { purpose: 'prefetch' }],
  ];
  it.each(shapes)('F7: %s starts none', async (_what, headers) => {
    for (const initiator of [pair.parlour.url, 'https://evil.example/']) {
      const hop = await new HttpBrowser().navigate(`${pair.parlour.url}/login`, { headers, initiator, follow: false });
      expect([hop.status, hop.setCookie]).toEqual([403, []]);
    }
    expect(pair.hostile.calls).toEqual([]);
  });

  it.each(['https://evil.example/', 'http://sibling.localhost/'])(
    'F7: a navigation from %s may start one, but not with prompt=none',
    async initiator => {
      const loginAt = (query: string) =>
        new HttpBrowser().navigate(`${pair.parlour.url}/login${query}`, { initiator, follow: false });
      expect((await loginAt('?prompt=none')).status).toBe(403);
      expect(pair.hostile.count('par')).toBe(0);
      expect((await loginAt('')).status).toBe(303);
    },
  );

  it('F7: prompt=none is fine from the app itself, and from an allowed origin’s script', async () => {
    const browser = new HttpBrowser();
    const url = `${pair.parlour.url}/login?prompt=none`;
    expect((await browser.navigate(url, { initiator: pair.parlour.url, follow: false })).status).toBe(303);
    const headers = { accept: 'application/json', 'x-csrf': '1' };
    const page = 'http://localhost:5173/';
    expect((await browser.fetch(url, { headers, page, credentials: 'include' })).status).toBe(200);
  });
});
