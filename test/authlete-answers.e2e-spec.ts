import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ANSWERS } from '../src/authlete/answer.js';
import { ENDPOINTS } from '../src/authlete/index.js';
import { type Expected, EXPECTED, GOES_ON } from './authlete-answers-table.js';
import { ask, basic, NO_STORE, type OnEmulator, type Said, startOnEmulator } from './support/authlete-application.js';
import { HttpBrowser } from './support/http-browser.js';

const CLIENT = {
  clientId: '4711',
  clientType: 'PUBLIC',
  tokenAuthMethod: 'NONE',
  redirectUris: ['https://client.example/cb'],
};
const REQUEST = 'client_id=4711&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fclient.example%2Fcb';

let as: OnEmulator;
let browser: HttpBrowser;

/** Somebody is signed in and has agreed, so that every end of an authorization request can be reached. */
beforeAll(async () => {
  as = await startOnEmulator({ clients: [CLIENT] });
  browser = new HttpBrowser();
  const until = (url: string) => url.startsWith('https://client.example/');
  await browser.navigate(`${as.url}${ENDPOINTS.authorization}?${REQUEST}`, { until });
  await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'login', until });
  await browser.submitForm({}, { button: 'allow', until });
});
afterAll(() => as.close());
beforeEach(() => {
  as.emulator.clearFaults();
  as.emulator.calls.length = 0;
});

/** Authlete answers with exactly this, and with much that is none of the client's business. */
function says(api: string, action: unknown, more: Record<string, unknown> = {}): void {
  const secrets = {
    resultCode: 'A000000',
    resultMessage: 'for-us-alone',
    ticket: 'for-us-alone',
    clientSecret: 'for-us-alone',
  };
  as.emulator.fault(api, { body: { ...secrets, action, ...more } });
}

const form = (endpoint: keyof typeof ENDPOINTS, headers = {}) =>
  ask(as.url + ENDPOINTS[endpoint], { form: 'a=b', headers });

async function navigate(): Promise<Said> {
  const hop = await browser.navigate(`${as.url}${ENDPOINTS.authorization}?${REQUEST}`, { follow: false });
  return { ...hop, json: () => hop.json() };
}

function withoutInteraction(prompts: string[], subject?: string): void {
  const client = { clientId: 4711, clientName: 'A client' };
  says('auth/authorization', 'NO_INTERACTION', { client, prompts, subject, scopes: [{ name: 'openid' }] });
}

/** How each API is reached. */
const REACH: Record<string, (headers?: Record<string, string>) => Promise<Said>> = {
  pushed_auth_req: headers => form('pushedAuthorizationRequest', headers),
  'auth/token': headers => form('token', headers),
  'auth/revocation': headers => form('revocation', headers),
  'auth/userinfo': () => ask(as.url + ENDPOINTS.userinfo, { headers: { Authorization: 'Bearer a-token' } }),
  'auth/userinfo/issue': async () => {
    says('auth/userinfo', 'OK', { subject: 'alice', claims: ['name'] });
    return ask(as.url + ENDPOINTS.userinfo, { headers: { Authorization: 'Bearer a-token' } });
  },
  'auth/authorization': navigate,
  'auth/authorization/issue': () => {
    withoutInteraction(['NONE']);
    return navigate();
  },
  'auth/authorization/fail': () => {
    withoutInteraction(['NONE'], 'bob');
    return navigate();
  },
};

const reach = (api: string, headers?: Record<string, string>): Promise<Said> => (REACH[api] ?? fail)(headers);
const fail = (): never => {
  throw new Error('no way there');
};

/** Not what `JSON.stringify` would make of it: relayed untouched. */
const CONTENT: Record<string, string> = {
  json: '{ "b" : "\\u00e9", "a":1 }\n',
  jwt: 'eyJhbGciOiJub25lIn0.e30.',
  html: '<html><body onload="javascript:document.forms[0].submit()"><form method="post">é</form></body></html>',
  location: 'https://client.example/cb?code=abc&state=%20x',
  challenge: 'Bearer error="invalid_token", error_description="It is gone."',
  empty: '',
};

function expectAnswer(said: Said, { status, type = 'json', body }: Expected): void {
  const content = CONTENT[type] ?? '';
  const header = { location: { location: content }, challenge: { 'www-authenticate': content } }[type as string];
  const types = { json: 'application/json', jwt: 'application/jwt', html: 'text/html;charset=UTF-8' };
  const inBody = type in types ? { 'content-type': types[type as keyof typeof types] } : {};
  expect(said).toMatchObject({ status, headers: { ...NO_STORE, ...header, ...inBody, 'dpop-nonce': 'a-nonce' } });
  expect(said.body).toBe(body ? JSON.stringify(body) : type in types ? content : '');
  expect(JSON.stringify([said.headers, said.body])).not.toContain('for-us-alone');
}

const cases = Object.entries(EXPECTED).flatMap(([api, list]) => list.map(expected => ({ api, ...expected })));

describe('every action of every API', () => {
  it.each(cases)('E1, E4: $api, $action: $status', async ({ api, ...expected }) => {
    says(api, expected.action, { responseContent: CONTENT[expected.type ?? 'json'], dpopNonce: 'a-nonce' });
    expectAnswer(await reach(api), expected);
    expect(as.emulator.calls.at(-1)).toMatchObject({ api });
  });

  it('E1: the table of answers has these actions and no other', () => {
    const actions = ([api, list]: [string, Expected[]]) => [
      ...list.map(({ action }) => action),
      ...(GOES_ON[api] ?? []),
    ];
    const expected = Object.entries(EXPECTED).map(entry => [entry[0], actions(entry).toSorted()]);
    expect(Object.entries(ANSWERS).map(([api, known]) => [api, Object.keys(known).toSorted()])).toEqual(expected);
  });
});

describe('an answer that can’t be', () => {
  const apis = Object.keys(EXPECTED);
  const wrong = ['SOMETHING_ELSE', 'toString', '__proto__', 'constructor', '', undefined, null, 7, ['OK']];

  it.each(apis)('E1: %s: an action that is none of its own, or none at all, is server_error', async api => {
    for (const action of wrong) {
      says(api, action, { responseContent: 'for-us-alone' });
      expectServerError(await reach(api));
    }
  });

  it.each(apis)('E1: %s: no responseContent, or one that is no text, is server_error', async api => {
    const [first] = EXPECTED[api]?.filter(({ type, body }) => type !== 'empty' && !body) ?? [];
    for (const responseContent of [...(first ? [undefined, null] : []), 7, { a: 'for-us-alone' }, ['for-us-alone']]) {
      says(api, first?.action, { responseContent });
      expectServerError(await reach(api));
    }
  });

  it.each([
    ['auth/authorization', 'LOCATION', 'https://client.example/\r\nSet-Cookie: for-us-alone=1'],
    ['auth/authorization', 'LOCATION', 'for-us-alone'],
    ['auth/authorization', 'LOCATION', 'https://client.example/for-us-alone/é'],
    ['auth/userinfo', 'UNAUTHORIZED', 'Bearer\r\nSet-Cookie: for-us-alone=1'],
    ['auth/userinfo', 'UNAUTHORIZED', ''],
  ])('E1: %s, %s: %j can’t stand in a header, so it is server_error', async (api, action, responseContent) => {
    says(api, action, { responseContent });
    expectServerError(await reach(api));
  });

  it('E4: a DPoP nonce that is none is server_error', async () => {
    for (const dpopNonce of ['a nonce', 'a"nonce', 'a\r\nSet-Cookie: x=1', '', 7]) {
      says('auth/token', 'OK', { responseContent: '{"access_token":"for-us-alone"}', dpopNonce });
      expectServerError(await reach('auth/token'));
    }
  });

  function expectServerError(said: Said): void {
    expect(said).toMatchObject({ status: 500, headers: { ...NO_STORE, 'content-type': 'application/json' } });
    expect(said.json()).toEqual({ error: 'server_error', error_description: 'The request could not be processed.' });
    expect(JSON.stringify([said.headers, said.body])).not.toContain('for-us-alone');
  }
});

describe('a challenge', () => {
  const unauthorized = [
    ['pushed_auth_req', 'UNAUTHORIZED'],
    ['auth/token', 'INVALID_CLIENT'],
    ['auth/revocation', 'INVALID_CLIENT'],
  ] as const;

  it.each(unauthorized)(
    'E5: %s, %s: is there when the client used Authorization, and only then',
    async (api, action) => {
      says(api, action, { responseContent: '{"error":"invalid_client"}' });
      const challenged = await reach(api, basic('4711', 'a-secret'));
      expect(challenged).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/) },
      });
      expect((await reach(api)).headers).not.toHaveProperty('www-authenticate');
    },
  );

  it.each(unauthorized)('E5: %s: no other answer has one', async (api, _action) => {
    says(api, 'BAD_REQUEST', { responseContent: '{}' });
    expect((await reach(api, basic('4711', 'a-secret'))).headers).not.toHaveProperty('www-authenticate');
  });
});
