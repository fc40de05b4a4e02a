import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from './support/http-browser.js';
import {
  begin,
  CLIENT_ID,
  COOKIE,
  heard,
  logIn,
  type LoginStage,
  press,
  query,
  REDIRECT_URI,
  signedIn,
  startLoginStage,
  title,
} from './support/authlete-browser.js';

let stage: LoginStage;
let endpoint: string;

beforeAll(async () => {
  stage = await startLoginStage();
  endpoint = `${stage.issuer}/as/authorization`;
});
afterAll(() => stage?.close());
beforeEach(() => void stage.emulator.calls.splice(0));
afterEach(() => stage.emulator.clearFaults());

/** What reached auth/authorization. */
const parameters = () => stage.emulator.calls.map(({ body }) => body['parameters']);

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(endpoint, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    redirect: 'manual',
  });

describe('the authorization endpoint', () => {
  const strange = 'scope=openid%20profile&client_id=%34711&&state=a+b%2Bc&empty=&resource=x&resource=y';

  it('E1: gives Authlete the query as it came, byte for byte', async () => {
    await fetch(`${endpoint}?${strange}`, { redirect: 'manual' });
    expect(parameters()).toEqual([strange]);
  });

  it('E1: gives Authlete the body of a POST as it came, byte for byte', async () => {
    await post(strange);
    expect(parameters()).toEqual([strange]);
  });

  it('E1: says BAD_REQUEST as 400 with Authlete’s JSON, and sends nobody anywhere', async () => {
    const answer = await fetch(`${endpoint}?client_id=${CLIENT_ID}&request_uri=urn:nobody:knows`, {
      redirect: 'manual',
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toMatchObject({ error: 'invalid_request_uri' });
  });

  it('E1: says LOCATION as 302 to where Authlete says', async () => {
    const answer = await fetch(stage.url({ response_type: 'token' }), { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toMatch(`${REDIRECT_URI}?error=unsupported_response_type`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('E1: says FORM as 200 with a page whose script may run', async () => {
    const answer = await fetch(stage.url({ response_type: 'token', response_mode: 'form_post' }), {
      redirect: 'manual',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy') ?? '').not.toMatch(/script-src|default-src|form-action/);
    expect(await answer.text()).toContain('document.forms[0].submit()');
  });

  it.each([
    ['missing_ticket', 500, 'server_error'],
    ['unknown_action', 500, 'server_error'],
    ['missing_action', 500, 'server_error'],
    ['garbage', 500, 'server_error'],
    ['unauthorized', 500, 'server_error'],
    ['too_many_requests', 503, 'temporarily_unavailable'],
    ['disconnect', 503, 'temporarily_unavailable'],
  ] as const)('E1: answers %s from Authlete with %i %s, and begins nothing', async (fault, status, error) => {
    stage.emulator.fault('auth/authorization', fault);
    const answer = await fetch(stage.url(), { redirect: 'manual' });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error, error_description: expect.any(String) });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it.each([
    ['a repeated parameter', () => fetch(`${stage.url()}&state=another`), 400],
    ['a repeated parameter in a form', () => post(`${query(REDIRECT_URI)}&state=another`), 400],
    ['another content type', () => post('{}', { 'content-type': 'application/json' }), 415],
    ['a megabyte', () => post(`client_id=${'a'.repeat(1_048_576)}`), 413],
    ['HEAD', () => fetch(stage.url(), { method: 'HEAD' }), 405],
    ['PUT', () => fetch(stage.url(), { method: 'PUT' }), 405],
  ])('E6: refuses %s, and asks Authlete nothing', async (_what, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, POST');
    expect(stage.emulator.calls).toEqual([]);
  });
});

describe('a request that opens an interaction', () => {
  it('E7: leads to the login page by 303, under an id that nobody can guess, with a cookie for this host alone', async () => {
    const browser = new HttpBrowser();
    const hop = await browser.navigate(stage.url(), { initiator: 'https://client.example/', follow: false });
    expect(hop.status).toBe(303);
    expect(hop.location).toMatch(/\/as\/interaction\?id=[\w-]{32}$/);
    expect(hop.headers['cache-control']).toBe('no-store');
    expect(hop.setCookie).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)]);
    expect(browser.cookies(stage.issuer)).toMatchObject([{ name: COOKIE, hostOnly: true, path: '/' }]);
    expect(title(await browser.resume())).toBe('Sign in');
  });

  it('E7: is the same at the address with a slash or in capitals, as Express finds it', async () => {
    const browser = new HttpBrowser();
    const { search } = new URL(stage.url());
    const page = await browser.navigate(`${stage.issuer}/AS/Authorization/${search}`);
    expect(title(page)).toBe('Sign in');
    expect(title(await browser.navigate(page.url.replace('/as/interaction', '/AS/Interaction/')))).toBe('Sign in');
  });

  it('E7: may have been pushed before', async () => {
    const pushed = await fetch(`${stage.issuer}/as/par`, {
      method: 'POST',
      body: new URLSearchParams(query(REDIRECT_URI)),
    });
    const { request_uri } = Object(await pushed.json());
    const browser = new HttpBrowser();
    await browser.navigate(`${endpoint}?${new URLSearchParams({ client_id: CLIENT_ID, request_uri })}`);
    await logIn(browser);
    expect(heard(await press(browser, 'allow'))).toMatchObject({ state: 'a-state', code: expect.any(String) });
  });

  it('E9: by a form of the client’s site finds the person signed in, though that form brings no Lax cookie', async () => {
    const browser = await signedIn(stage);
    stage.emulator.calls.splice(0);
    const form = new URLSearchParams(query(REDIRECT_URI));
    const page = await browser.navigate(endpoint, { form, initiator: 'https://client.example/' });
    expect(title(page)).toBe('Allow access?');
    expect(parameters()).toEqual([form.toString()]);
  });

  it('E8: another site’s long form costs nobody their session', async () => {
    const browser = await signedIn(stage);
    const form = new URLSearchParams(query(REDIRECT_URI, { nonce: 'n'.repeat(20_000) }));
    const answer = await browser.navigate(endpoint, { form, initiator: 'https://client.example/' });
    expect([answer.status, answer.setCookie]).toEqual([413, []]);
    expect((await post(form.toString(), { origin: 'https://client.example' })).status).toBe(413);
    expect(title(await begin(stage, browser))).toBe('Allow access?');
  });

  it('E9: by a form of the client’s site loses nothing behind a #', async () => {
    const answer = await post('state=a#b&nonce=#', { 'sec-fetch-site': 'cross-site' });
    expect(answer.headers.get('location')).toBe('/as/authorization?state=a%23b&nonce=%23');
  });

  it('E9: by a form of a page of this origin needs no detour', async () => {
    const browser = await signedIn(stage);
    const form = new URLSearchParams(query(REDIRECT_URI));
    await browser.navigate(endpoint, { form, initiator: `${stage.issuer}/` });
    expect(browser.hops.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(title(await browser.reload())).toBe('Allow access?');
  });

  it('E7: five at a time are kept for a browser, and the oldest gives way', async () => {
    const browser = new HttpBrowser();
    const pages = [];
    for (let count = 0; count < 6; count++) pages.push(await begin(stage, browser));
    const shown = [];
    for (const { url } of pages) shown.push((await browser.navigate(url)).status);
    expect(shown).toEqual([400, 200, 200, 200, 200, 200]);
  });

  it('E7: three that begin at the same moment in one browser can all be finished', async () => {
    const browser = await signedIn(stage);
    const tabs = [browser.clone(), browser.clone(), browser.clone()];
    await Promise.all(tabs.map(tab => begin(stage, tab)));
    for (const tab of tabs) expect(heard(await press(tab, 'allow'))).toHaveProperty('code');
  });
});
