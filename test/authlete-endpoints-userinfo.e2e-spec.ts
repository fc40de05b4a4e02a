import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { ask, NO_STORE, type OnEmulator, type Said, startOnEmulator } from './support/authlete-application.js';
import { rawRequest } from './support/http-browser.js';

let as: OnEmulator;
let url: string;

beforeAll(async () => {
  as = await startOnEmulator();
  url = as.url + ENDPOINTS.userinfo;
});
afterAll(() => as.close());
beforeEach(() => {
  as.emulator.clearFaults();
  as.emulator.calls.length = 0;
});

/** Authlete knows the token, and wants these claims told. */
function known(more: Record<string, unknown> = {}): void {
  as.emulator.fault('auth/userinfo', { body: { action: 'OK', subject: 'alice', claims: ['name'], ...more } });
  as.emulator.fault('auth/userinfo/issue', { body: { action: 'JSON', responseContent: '{"sub":"alice"}' } });
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const bodies = () => as.emulator.calls.map(({ api, body }) => ({ api, ...body }));

/** In the form that RFC 6750 §3 gives to a resource's refusal. */
function expectRefused({ status, headers }: Said, expected: number, challenge: RegExp): void {
  expect([status, headers]).toMatchObject([expected, NO_STORE]);
  expect(headers['www-authenticate']).toMatch(challenge);
  expect(as.emulator.calls).toEqual([]);
}

describe('userinfo', () => {
  it.each([
    ['Bearer', { headers: bearer('a.token~+/-_==') }, { token: 'a.token~+/-_==' }],
    ['bearer in another case', { headers: { Authorization: 'bEARER  tok' } }, { token: 'tok' }],
    ['DPoP', { headers: { Authorization: 'DPoP tok', DPoP: 'e.p.s' } }, { token: 'tok', dpop: 'e.p.s', htm: 'GET' }],
    ['a form', { form: 'access_token=a%2Bb' }, { token: 'a+b' }],
    ['POST without a body', { method: 'POST', headers: bearer('tok') }, { token: 'tok' }],
    ['POST with another form', { form: 'a=b', headers: bearer('tok') }, { token: 'tok' }],
  ])('E1: takes the token of %s', async (_what, init, fields) => {
    known();
    expect(await ask(url, init)).toMatchObject({ status: 200, body: '{"sub":"alice"}' });
    expect(bodies()[0]).toEqual({ api: 'auth/userinfo', ...fields });
  });

  it('E1: gives Authlete the claims that were asked for, and no other', async () => {
    known({ claims: ['name', 'phone_number', 'email_verified', '__proto__'] });
    await ask(url, { headers: bearer('tok') });
    const claims = '{"name":"Alice Abbott","email_verified":true}';
    expect(bodies()[1]).toEqual({ api: 'auth/userinfo/issue', token: 'tok', sub: 'alice', claims });
  });

  it('E1: gives Authlete no claims when none were asked for', async () => {
    for (const claims of [undefined, null, [], 'name']) {
      known({ claims });
      as.emulator.calls.length = 0;
      await ask(url, { headers: bearer('tok') });
      expect(bodies()[1]).toMatchObject({ claims: '{}' });
    }
  });

  it('E1: the account has gone: invalid_token', async () => {
    for (const subject of ['bob', undefined, null, 7]) {
      known({ subject });
      const said = await ask(url, { headers: bearer('tok') });
      expect([said.status, said.headers['www-authenticate']]).toEqual([
        401,
        expect.stringMatching(/^Bearer error="invalid_token"/),
      ]);
    }
    expect(bodies().filter(({ api }) => api === 'auth/userinfo/issue')).toEqual([]);
  });

  it('E4: the DPoP nonce of the first call comes back, and that of the second before it', async () => {
    known({ dpopNonce: 'first' });
    expect((await ask(url, { headers: bearer('tok') })).headers).toMatchObject({ 'dpop-nonce': 'first' });
    as.emulator.fault('auth/userinfo/issue', { body: { action: 'JSON', responseContent: '{}', dpopNonce: 'second' } });
    expect((await ask(url, { headers: bearer('tok') })).headers).toMatchObject({ 'dpop-nonce': 'second' });
  });
});

describe('userinfo refuses', () => {
  it('E5, E6: no token, with a challenge that names no error', async () => {
    expectRefused(await ask(url), 401, /^Bearer, DPoP$/);
    expectRefused(await ask(url, { form: 'a=b' }), 401, /^Bearer, DPoP$/);
    expectRefused(await ask(`${url}?access_token=tok`), 401, /^Bearer, DPoP$/);
  });

  it('E5, E6: a malformed token', async () => {
    for (const value of ['Bearer', 'Bearer a b', 'Bearer a,b', 'Basic YTpi', 'Bearer =', 'tok']) {
      expectRefused(await ask(url, { headers: { Authorization: value } }), 401, /^Bearer error="invalid_token"/);
    }
    expectRefused(await ask(url, { form: 'access_token=' }), 401, /^Bearer error="invalid_token"/);
  });

  it('E6: a token in Authorization and another in the form', async () => {
    const said = await ask(url, { form: 'access_token=tok', headers: bearer('tok') });
    expectRefused(said, 400, /^Bearer error="invalid_request"/);
  });

  it('E5: the DPoP scheme needs a proof, and its refusal a DPoP challenge', async () => {
    const dpop = (value: string, proof?: string) =>
      ask(url, { headers: { Authorization: value, ...(proof !== undefined && { DPoP: proof }) } });
    for (const scheme of ['DPoP', 'dpop']) {
      expectRefused(await dpop(`${scheme} tok`), 401, /^DPoP error="invalid_dpop_proof"/);
      expectRefused(await dpop(`${scheme} a b`, 'e.p.s'), 401, /^DPoP error="invalid_token"/);
    }
    for (const scheme of ['DPoP', 'Bearer']) {
      const lines = [`GET ${ENDPOINTS.userinfo} HTTP/1.1`, 'Host: x', `Authorization: ${scheme} a`];
      const twice = await rawRequest({ port: as.port, lines: [...lines, 'DPoP: e.p.s', 'DPoP: e.p.s'] });
      expect(twice.status).toBe(401);
      expect(twice.headers['www-authenticate']).toMatch(/^DPoP error="invalid_dpop_proof"/);
    }
    expect(as.emulator.calls).toEqual([]);
  });

  it('E6: two Authorization headers, and two DPoP proofs', async () => {
    const twice = (line: string) =>
      rawRequest({
        port: as.port,
        lines: [`GET ${ENDPOINTS.userinfo} HTTP/1.1`, 'Host: x', 'Authorization: Bearer a', line, line],
      });
    expect(await twice('Authorization: Bearer a')).toMatchObject({ status: 400 });
    const proofs = await twice('DPoP: e.p.s');
    expect([proofs.status, JSON.parse(proofs.body)]).toMatchObject([401, { error: 'invalid_dpop_proof' }]);
    expect(as.emulator.calls).toEqual([]);
  });
});
