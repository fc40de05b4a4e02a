import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { begin, logIn, type Pair, startPair, transactionCookies } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { CLIENT_ID, type Parlour, startParlour } from './support/parlour.js';
import { script, startScene, turnClock } from './support/scene.js';

let pair: Pair;
const others: Parlour[] = [];
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());
afterEach(async () => {
  jest.useRealTimers();
  for (const parlour of others.splice(0)) await parlour.close();
});

async function parlourWith(environment: Record<string, string>, configFile?: object): Promise<Parlour> {
  const parlour = await startParlour(pair.hostile.issuer, environment, configFile);
  others.push(parlour);
  return parlour;
}

/** The parameters that one login pushes. */
async function pushedBy(parlour: Parlour, parameters: Record<string, string> = {}): Promise<URLSearchParams> {
  expect((await begin(parlour, parameters)).status).toBe(303);
  const params = pair.hostile.to('par').at(-1)?.params;
  if (!params) throw new Error('nothing was pushed');
  return params;
}

const CLAIMS = { id_token: { acr: { essential: true, values: ['gold'] } }, userinfo: { email: null } };
const DETAILS = [{ type: 'account_information', actions: ['list_accounts'], locations: ['https://api.example'] }];

describe('what the configuration asks for', () => {
  it('P3: stands in the push: resources one by one, claims and authorization details as JSON', async () => {
    const parlour = await parlourWith({
      RESOURCE: 'https://api.example.org urn:example:orders',
      CLAIMS: JSON.stringify(CLAIMS),
      AUTHORIZATION_DETAILS: JSON.stringify(DETAILS),
    });
    const params = await pushedBy(parlour);
    expect(params.getAll('resource')).toEqual(['https://api.example.org', 'urn:example:orders']);
    expect(JSON.parse(params.get('claims') ?? '')).toEqual(CLAIMS);
    expect(JSON.parse(params.get('authorization_details') ?? '')).toEqual(DETAILS);
  });

  it('P3: stands in no push where nothing is configured', async () => {
    const params = await pushedBy(pair.parlour);
    for (const name of ['resource', 'claims', 'authorization_details', 'response_mode', 'request'])
      expect([name, params.has(name)]).toEqual([name, false]);
  });

  it.each(['resource=x', 'claims={}', 'authorization_details=[]'])(
    'P3: isn’t the browser’s to change: /login?%s',
    async query => {
      const parlour = await parlourWith({ RESOURCE: 'https://api.example.org', CLAIMS: JSON.stringify(CLAIMS) });
      const hop = await new HttpBrowser().navigate(`${parlour.url}/login?${query}`, { follow: false });
      expect([hop.status, pair.hostile.count('par')]).toEqual([400, 0]);
    },
  );
});

describe('resource indicators in token requests', () => {
  it.each([
    ['one is named at the code and at the refresh', 'https://api.example.org', ['https://api.example.org']],
    ['of several none is: the token is for all that were granted', 'https://api.example.org urn:example:orders', []],
  ])('P3: %s', async (_what, RESOURCE, expected) => {
    const scene = await startScene({ RESOURCE });
    try {
      const browser = await scene.login();
      turnClock(290);
      await script(browser, `${scene.parlour.url}/api/x`);
      for (const grant of ['authorization_code', 'refresh_token']) {
        const [call] = scene.hostile.to('token', grant);
        expect([grant, call?.params.getAll('resource')]).toEqual([grant, expected]);
      }
    } finally {
      await scene.close();
    }
  });
});

describe('a request object (JAR)', () => {
  const everything = {
    RESOURCE: 'https://api.example.org urn:example:orders',
    CLAIMS: JSON.stringify(CLAIMS),
    AUTHORIZATION_DETAILS: JSON.stringify(DETAILS),
    RESPONSE_MODE: 'query.jwt',
    REQUEST_OBJECT: 'true',
  };

  async function withKey(alg: string, environment: Record<string, string> = {}) {
    const key = await privateJwk(alg);
    const parlour = await parlourWith({ ...everything, CLIENT_JWKS_FILE: jwksFile(key), ...environment });
    const verified = async (params: URLSearchParams) =>
      jwtVerify(params.get('request') ?? '', createLocalJWKSet({ keys: [publicHalf(key)] }), {
        issuer: CLIENT_ID,
        audience: pair.hostile.issuer,
        algorithms: [alg],
        typ: 'oauth-authz-req+jwt',
      });
    return { key, parlour, verified };
  }

  it.each(['ES256', 'PS256', 'Ed25519'])(
    'P10, F9: signed with %s holds all, and beside it stands client_id',
    async alg => {
      const { key, parlour, verified } = await withKey(alg);
      const params = await pushedBy(parlour, { max_age: '300', login_hint: 'alice' });
      expect([...params.keys()].toSorted()).toEqual(['client_id', 'request']);
      expect(pair.hostile.to('par').at(-1)?.clientAuthentication).toBe('basic');
      const { payload, protectedHeader } = await verified(params);
      expect(protectedHeader).toEqual({ alg, typ: 'oauth-authz-req+jwt', kid: key.kid });
      expect(payload).toMatchObject({
        client_id: CLIENT_ID,
        response_type: 'code',
        response_mode: 'query.jwt',
        redirect_uri: `${parlour.url}/callback`,
        code_challenge_method: 'S256',
        login_hint: 'alice',
        max_age: 300,
        resource: ['https://api.example.org', 'urn:example:orders'],
        claims: CLAIMS,
        authorization_details: DETAILS,
      });
      for (const name of ['state', 'nonce', 'code_challenge', 'jti']) expect(payload[name]).toEqual(expect.any(String));
      for (const name of ['request', 'request_uri', 'client_secret', 'sub']) expect(payload).not.toHaveProperty(name);
    },
  );

  it('F9: is for the issuer alone, as a text, and good for five minutes', async () => {
    const { parlour, verified } = await withKey('ES256');
    const { payload } = await verified(await pushedBy(parlour));
    expect(payload.aud).toBe(pair.hostile.issuer);
    expect(Number(payload.exp) - Number(payload.nbf)).toBe(300);
    expect(Math.abs(Number(payload.nbf) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('P10: keeps what authenticates the client outside, a client assertion too', async () => {
    const { parlour, verified } = await withKey('ES256', { CLIENT_AUTH_METHOD: 'client_secret_post' });
    const params = await pushedBy(parlour);
    expect([...params.keys()].toSorted()).toEqual(['client_id', 'client_secret', 'request']);
    expect((await verified(params)).payload).not.toHaveProperty('client_secret');
    const asserting = await withKey('ES256', { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_SECRET: '' });
    // the hostile server knows no such client, and has seen what it sent
    await begin(asserting.parlour);
    const sent = pair.hostile.to('par').at(-1)?.params ?? new URLSearchParams();
    expect([...sent.keys()].toSorted()).toEqual(['client_assertion', 'client_assertion_type', 'client_id', 'request']);
    expect((await asserting.verified(sent)).payload).not.toHaveProperty('client_assertion');
  });

  it('P11: has a jti of its own each time', async () => {
    const { parlour, verified } = await withKey('ES256');
    const jtis = [];
    for (let login = 0; login < 5; login++) jtis.push((await verified(await pushedBy(parlour))).payload.jti);
    expect(new Set(jtis).size).toBe(5);
  });

  it('P10: logs a user in', async () => {
    const { parlour } = await withKey('ES256');
    pair.hostile.lies.idToken = { claims: { acr: 'gold' } };
    const browser = new HttpBrowser();
    expect((await logIn(parlour, browser, { return_to: '/orders' })).url).toBe(`${parlour.url}/orders`);
  });

  it('P10: goes into the URL whole where nothing is pushed', async () => {
    pair.hostile.lies.discovery = { members: { require_pushed_authorization_requests: false } };
    const { parlour, verified } = await withKey('ES256', { PAR: 'off' });
    const { searchParams } = new URL((await begin(parlour)).location ?? '');
    expect([...searchParams.keys()].toSorted()).toEqual(['client_id', 'request']);
    await verified(searchParams);
    expect(pair.hostile.count('par')).toBe(0);
  });
});

describe('authorization details from the browser', () => {
  const loginAuthorizationDetails = {
    payment: {
      creditor: { required: true, pattern: '[\\p{L} .-]+', maxLength: 20 },
      reference: { pattern: '[a-z]+' },
      amount: {
        required: true,
        members: { currency: { required: true, values: ['EUR'] }, value: { required: true, pattern: '\\d{1,6}' } },
      },
      actions: { list: true, values: ['initiate', 'status'] },
      count: { minimum: 1, maximum: 9 },
      urgent: { values: [true] },
    },
    consent: {},
  };
  const amount = { currency: 'EUR', value: '100' };
  const payment = { type: 'payment', creditor: 'Ægir Ltd.', amount };
  const withDetails = () =>
    parlourWith({ AUTHORIZATION_DETAILS: JSON.stringify(DETAILS) }, { loginAuthorizationDetails });

  it.each<[string, unknown[]]>([
    ['the least that is required', [payment]],
    ['everything', [{ ...payment, reference: 'abc', actions: ['status'], count: 9, urgent: true }]],
    ['a type without members', [{ type: 'consent' }]],
    ['several', [payment, { type: 'consent' }, payment]],
  ])('P3: %s go into the push, after those of the configuration', async (_what, details) => {
    const params = await pushedBy(await withDetails(), { authorization_details: JSON.stringify(details) });
    expect(JSON.parse(params.get('authorization_details') ?? '')).toEqual([...DETAILS, ...details]);
  });

  it('S4: are written anew: what comes twice is what was checked', async () => {
    const twice = '[{"type":"payment","creditor":"<x>","creditor":"Alice","amount":{"currency":"EUR","value":"1"}}]';
    const params = await pushedBy(await withDetails(), { authorization_details: twice });
    const sent = params.get('authorization_details') ?? '';
    expect(sent.match(/creditor/g)).toHaveLength(1);
    expect(sent).toContain('"creditor":"Alice"');
  });

  const wrong: [string, unknown][] = [
    ['no list', payment],
    ['an empty list', []],
    ['eleven', Array.from({ length: 11 }, () => ({ type: 'consent' }))],
    ['another type', [{ ...payment, type: 'admin' }]],
    ['the type of a prototype', [{ type: 'constructor' }]],
    ['a type that is no text', [{ ...payment, type: ['payment'] }]],
    ['no type', [{ creditor: 'x', amount }]],
    ['null', [null]],
    ['a list in the list', [[payment]]],
    ['one right and one wrong', [payment, { type: 'admin' }]],
    ['a member nobody described', [{ ...payment, scope: 'all' }]],
    ['a member of a prototype', [{ ...payment, toString: 'x' }]],
    ['no required member', [{ type: 'payment', amount }]],
    ['an empty text', [{ ...payment, creditor: '' }]],
    ['a text too long', [{ ...payment, creditor: 'x'.repeat(21) }]],
    ['a text of more than 100', [{ ...payment, reference: 'x'.repeat(101) }]],
    ['a text that matches in part', [{ ...payment, reference: 'abc\nDEF' }]],
    ['a line break at its end', [{ ...payment, reference: 'abc\n' }]],
    ['a number for a text', [{ ...payment, creditor: 7 }]],
    ['a list for a text', [{ ...payment, creditor: ['x'] }]],
    ['a text for a list', [{ ...payment, actions: 'status' }]],
    ['an empty list in it', [{ ...payment, actions: [] }]],
    ['a wrong entry of a list', [{ ...payment, actions: ['status', 'delete'] }]],
    ['a value that isn’t listed', [{ ...payment, amount: { ...amount, currency: 'USD' } }]],
    ['a text for a flag', [{ ...payment, urgent: 'true' }]],
    ['a number too large', [{ ...payment, count: 10 }]],
    ['a text for a number', [{ ...payment, count: '5' }]],
    ['a member too many inside', [{ ...payment, amount: { ...amount, extra: 1 } }]],
    ['a member too few inside', [{ ...payment, amount: { currency: 'EUR' } }]],
    ['a text for an object', [{ ...payment, amount: 'EUR 100' }]],
  ];
  const texts: [string, string][] = [
    ...wrong.map(([what, value]): [string, string] => [what, JSON.stringify(value)]),
    ['a number beyond all numbers', JSON.stringify([{ ...payment, count: 5 }]).replace('5}', '1e999}')],
    ['a member called __proto__', '[{"type":"consent","__proto__":{"x":1}}]'],
    ['no JSON', '[{"type":"consent"}'],
    ['nothing', ''],
    ['more than 2000 characters', `[{"type":"consent"}${' '.repeat(2000)}]`],
  ];
  it('P3, S4: are refused with anything that isn’t described', async () => {
    const parlour = await withDetails();
    for (const [what, text] of texts) {
      const hop = await begin(parlour, { authorization_details: text });
      expect([what, hop.status]).toEqual([what, 400]);
    }
    expect(pair.hostile.count('par')).toBe(0);
  });

  it.each(['https://evil.example/', 'http://sibling.localhost/'])(
    'F7: are not what a page of %s may say',
    async site => {
      const parlour = await withDetails();
      const query = new URLSearchParams({ authorization_details: JSON.stringify([payment]) });
      const from = (initiator: string) =>
        new HttpBrowser().navigate(`${parlour.url}/login?${query}`, { initiator, follow: false });
      expect((await from(site)).status).toBe(403);
      expect(pair.hostile.count('par')).toBe(0);
      expect((await from(parlour.url)).status).toBe(303);
    },
  );

  it('P3: LOGIN_PARAMETERS may take them away from the browser altogether', async () => {
    const parlour = await parlourWith({ LOGIN_PARAMETERS: 'prompt' }, { loginAuthorizationDetails });
    expect((await begin(parlour, { authorization_details: '[{"type":"consent"}]' })).status).toBe(400);
  });

  it('P8: are asked for again by the one retry of an expired request', async () => {
    const parlour = await withDetails();
    pair.hostile.lies.authorization = { parameters: { code: undefined, error: 'invalid_request_uri' }, times: 1 };
    await logIn(parlour, new HttpBrowser(), { authorization_details: JSON.stringify([payment]) });
    const [first, second] = pair.hostile.to('par').map(({ params }) => params.get('authorization_details'));
    expect(second).toBe(first);
  });

  it('P8: of which the cookie has no room for all are not asked for in part', async () => {
    const parlour = await withDetails();
    pair.hostile.lies.authorization = { parameters: { code: undefined, error: 'invalid_request_uri' }, times: 1 };
    const browser = new HttpBrowser();
    const details = Array.from({ length: 10 }, () => ({ ...payment, reference: 'x'.repeat(50) }));
    await logIn(parlour, browser, { return_to: '/orders', authorization_details: JSON.stringify(details) });
    expect(browser.url).toBe(`${parlour.url}/orders?login_error=request_expired`);
    expect(pair.hostile.count('par')).toBe(1);
  });

  it('B21: the transaction cookie stays within 800 bytes with the most that can be asked for', async () => {
    const { key, ...file } = { key: await privateJwk('ES256'), loginAuthorizationDetails };
    const environment = {
      REQUEST_OBJECT: 'true',
      DPOP: 'true',
      CLIENT_JWKS_FILE: jwksFile(key),
      CLAIMS: JSON.stringify(CLAIMS),
    };
    const parlour = await parlourWith(environment, file);
    const details = Array.from({ length: 10 }, () => ({ ...payment, reference: 'x'.repeat(50) }));
    for (const length of [1, 100, 511]) {
      const browser = new HttpBrowser();
      const login_hint = 'h'.repeat(150);
      const asked = { return_to: `/${'x'.repeat(length)}`, max_age: '300', acr_values: 'gold silver', login_hint };
      await begin(parlour, { ...asked, authorization_details: JSON.stringify(details) }, browser);
      const [cookie] = transactionCookies(parlour, browser);
      expect(`${cookie?.name}${cookie?.value}`.length).toBeGreaterThan(100);
      expect(`${cookie?.name}${cookie?.value}`.length).toBeLessThanOrEqual(800);
    }
  });
});
