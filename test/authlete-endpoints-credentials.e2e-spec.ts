import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { ask, basic, NO_STORE, type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import { rawRequest } from './support/http-browser.js';

const APIS = [
  [ENDPOINTS.pushedAuthorizationRequest, 'pushed_auth_req'],
  [ENDPOINTS.token, 'auth/token'],
  [ENDPOINTS.revocation, 'auth/revocation'],
] as const;

let as: OnEmulator;
let v2: OnEmulator;

beforeAll(async () => {
  [as, v2] = await Promise.all([startOnEmulator(), startOnEmulator({ version: 'v2' })]);
});
afterAll(() => Promise.all([as.close(), v2.close()]));
beforeEach(() => {
  as.emulator.calls.length = 0;
  v2.emulator.calls.length = 0;
  as.events.length = 0;
});

/** What reached Authlete: the members of the one call. */
function forwarded({ emulator }: OnEmulator): Record<string, unknown> {
  expect(emulator.calls).toHaveLength(1);
  return emulator.calls[0]?.body ?? {};
}

const base64 = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('base64');

/** For header lines that fetch would put together. */
function lines(path: string, headers: string[], body = 'a=b') {
  const type = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
  return rawRequest({ port: as.port, lines: [`POST ${path} HTTP/1.1`, 'Host: x', ...type, ...headers], body });
}

describe.each(APIS)('%s', (path, api) => {
  it.each([
    ['as they are', '4711:secret', '4711', 'secret'],
    ['with - and _ as openid-client sends them', '47%2D11:a%2Db%5Fc', '47-11', 'a-b_c'],
    ['with a plus for a space, and %2B for a plus', 'a+b:c+d%2Be', 'a b', 'c d+e'],
    ['with a colon in the secret', '4711:a:b%3Ac', '4711', 'a:b:c'],
    ['with a percent sign', '4711:100%25', '4711', '100%'],
    ['with an empty secret', '4711:', '4711', ''],
  ])('E2: credentials of Basic %s', async (_what, credentials, clientId, clientSecret) => {
    await ask(as.url + path, { form: 'a=b', headers: { Authorization: `Basic ${base64(credentials)}` } });
    expect(as.emulator.calls).toEqual([
      expect.objectContaining({ api, body: { parameters: 'a=b', clientId, clientSecret } }),
    ]);
  });

  it('E2: the scheme’s name is read in any case, with spaces behind it', async () => {
    for (const scheme of ['basic', 'BASIC', 'bAsIc  ']) {
      as.emulator.calls.length = 0;
      await ask(as.url + path, { form: 'a=b', headers: { Authorization: `${scheme} ${base64('1:s')}` } });
      expect(forwarded(as)).toMatchObject({ clientId: '1', clientSecret: 's' });
    }
  });

  it('E2: credentials in the form stay in the parameters, and the parameters stay as they are', async () => {
    const form = 'client_secret=s%2ds&client_id=1&x=%e4%f6&y=a+b%20c&&z&scope=%6fpenid&é=ü&client_assertion=e.y.j';
    await ask(as.url + path, { form });
    expect(forwarded(as)).toEqual({ parameters: form });
  });

  it.each([
    ['another scheme', 'Bearer abc'],
    ['another scheme with credentials of Basic', `Bearer ${base64('1:s')}`],
    ['a scheme alone', 'Basic'],
    ['a scheme and a space', 'Basic '],
    ['no base64', 'Basic !!!!'],
    ['base64url', `Basic ${base64('?>~ÿ:ÿ?>', 'latin1').replaceAll('+', '-').replaceAll('/', '_')}`],
    ['base64 without its padding', `Basic ${base64('1:ss').replaceAll('=', '')}`],
    ['base64 with bits left over', 'Basic MTpzZh=='],
    ['base64 with something behind it', `Basic ${base64('1:s')} x`],
    ['credentials without a colon', `Basic ${base64('4711')}`],
    ['no client id', `Basic ${base64(':secret')}`],
    ['a bad escape in the id', `Basic ${base64('47%1:secret')}`],
    ['a bad escape in the secret', `Basic ${base64('4711:a%zz')}`],
    ['an escape that is no UTF-8', `Basic ${base64('4711:a%ff')}`],
    ['characters outside ASCII', `Basic ${base64('4711:ä')}`],
    ['an escaped control character', `Basic ${base64('4711:a%00b')}`],
    ['nothing', ''],
  ])('E2, E5: %s in Authorization is invalid_client with a challenge, and goes no further', async (_what, value) => {
    const answer = await lines(path, [`Authorization: ${value}`]);
    expect(answer).toMatchObject({ status: 401, headers: { ...NO_STORE, 'content-type': 'application/json' } });
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_client', error_description: expect.any(String) });
    expect(as.emulator.calls).toEqual([]);
    expect(as.events).toEqual([{ event: 'request_refused', level: 'info', endpoint: path, error: 'invalid_client' }]);
  });

  it('E2: two Authorization headers are invalid_request, and go no further', async () => {
    const one = `Authorization: Basic ${base64('1:s')}`;
    for (const second of [one, 'Authorization: Bearer x', 'authorization: ']) {
      const answer = await lines(path, [one, second]);
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: 'invalid_request' }]);
    }
    expect(as.emulator.calls).toEqual([]);
  });

  it('E2: attestation headers go to API v3, and not to v2, which doesn’t know them', async () => {
    const headers = { 'OAuth-Client-Attestation': 'e.a.t', 'OAuth-Client-Attestation-PoP': 'p.o.p' };
    await ask(as.url + path, { form: 'a=b', headers });
    const fields = { oauthClientAttestation: 'e.a.t', oauthClientAttestationPop: 'p.o.p' };
    expect(forwarded(as)).toEqual({ parameters: 'a=b', ...fields });
    await ask(v2.url + path, { form: 'a=b', headers });
    expect(forwarded(v2)).toEqual({ parameters: 'a=b' });
  });

  it('E6: a repeated attestation header is invalid_request', async () => {
    for (const name of ['OAuth-Client-Attestation', 'OAuth-Client-Attestation-PoP']) {
      const answer = await lines(path, [`${name}: a.b.c`, `${name}: a.b.c`]);
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: 'invalid_request' }]);
    }
    expect(as.emulator.calls).toEqual([]);
  });
});

describe('a DPoP proof', () => {
  const PROVEN = [ENDPOINTS.pushedAuthorizationRequest, ENDPOINTS.token];

  it.each(PROVEN)('E2: goes on with its method at %s', async path => {
    await ask(as.url + path, { form: 'a=b', headers: { DPoP: 'e.p.s', ...basic('1', 's') } });
    expect(forwarded(as)).toEqual({ parameters: 'a=b', clientId: '1', clientSecret: 's', dpop: 'e.p.s', htm: 'POST' });
  });

  it('E2: is nothing for revocation', async () => {
    await ask(as.url + ENDPOINTS.revocation, { form: 'a=b', headers: { DPoP: 'e.p.s' } });
    expect(forwarded(as)).toEqual({ parameters: 'a=b' });
  });

  it.each(PROVEN)('E6: two of them, or an empty one, are invalid_dpop_proof at %s', async path => {
    for (const headers of [['DPoP: e.p.s', 'DPoP: e.p.s'], ['DPoP:']]) {
      const answer = await lines(path, headers);
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: 'invalid_dpop_proof' }]);
    }
    expect(as.emulator.calls).toEqual([]);
  });
});

describe('our own credential', () => {
  it('E2: never mixes with the client’s: v3 has a bearer token, v2 key and secret', async () => {
    for (const { url } of [as, v2])
      await ask(url + ENDPOINTS.token, { form: 'a=b', headers: basic('client', 'secret') });
    const { accessToken } = as.emulator.credentials;
    const { apiKey, apiSecret } = v2.emulator.credentials;
    expect(as.emulator.calls).toMatchObject([{ version: 'v3', authorization: `Bearer ${accessToken}` }]);
    expect(v2.emulator.calls).toMatchObject([
      { version: 'v2', authorization: `Basic ${base64(`${apiKey}:${apiSecret}`)}` },
    ]);
  });
});
