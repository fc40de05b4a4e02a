import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createPublicKey, createSecretKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { METHODS, type MethodCase } from './client-authentication-methods.js';
import type { FapiRequest } from './support/fapi-authorization-server.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import type { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, type RecordingApi, script, startRecordingApi, turnClock } from './support/scene.js';

let api: RecordingApi;
let pair: FapiPair | undefined;
beforeAll(async () => {
  api = await startRecordingApi();
});
afterEach(async () => {
  jest.useRealTimers();
  await pair?.close();
  pair = undefined;
});
afterAll(() => api.close());

async function start({ environment, client, clientCa }: MethodCase): Promise<FapiPair> {
  pair = await startFapiPair(
    { API_ROUTES: `/api=${api.url}`, ...environment },
    { client, ...(clientCa !== undefined && { clientCa }) },
  );
  return pair;
}

async function loggedIn({ logIn, browser, parlour }: FapiPair): Promise<HttpBrowser> {
  const one = browser();
  await logIn(one);
  expect(await isLoggedIn(one, parlour)).toBe(true);
  return one;
}

/** Every request that has to carry the client's credentials, by its kind. */
function authenticated({ server }: FapiPair): Map<string, FapiRequest[]> {
  return new Map([
    ['par', server.to('par')],
    ['token', server.to('token', 'authorization_code')],
    ['refresh', server.to('token', 'refresh_token')],
    ['revocation', server.to('revocation')],
  ]);
}

/** What a request shows of the client, and nothing else. */
async function credentialsOf({ headers, params, certificate, mtls }: FapiRequest, { verify }: MethodCase, aud: string) {
  const assertion = params.get('client_assertion');
  return {
    clientId: params.get('client_id'),
    basic: headers.authorization?.startsWith('Basic ') ? decodedBasic(headers.authorization) : undefined,
    secret: params.get('client_secret') ?? undefined,
    assertion: assertion === null ? undefined : await verified(assertion, verify, aud),
    certificate,
    mtls,
  };
}

/** RFC 6749 §2.3.1: form-encoded, then joined, then base64. */
function decodedBasic(authorization: string): (string | null)[] {
  const halves = Buffer.from(authorization.slice('Basic '.length), 'base64').toString().split(':');
  return halves.map(half => new URLSearchParams(`x=${half}`).get('x'));
}

async function verified(assertion: string, verify: MethodCase['verify'], issuer: string) {
  if (!verify) throw new Error('no assertion was wanted');
  const { kid } = decodeProtectedHeader(assertion);
  const key = verify.secret
    ? createSecretKey(Buffer.from(verify.secret))
    : createPublicKey({ key: verify.jwk ?? {}, format: 'jwk' });
  const { iat: written = 0 } = decodeJwt(assertion);
  const { payload, protectedHeader } = await jwtVerify(assertion, key, { currentDate: new Date(written * 1000) });
  const { aud, iss, sub, exp = 0, iat = 0, jti } = payload;
  // a string, not a list with one member (P2)
  expect(aud).toBe(issuer);
  expect(typeof jti).toBe('string');
  expect(exp - iat).toBeLessThanOrEqual(60);
  return { alg: protectedHeader.alg, typ: protectedHeader.typ, kid, iss, sub };
}

describe.each(METHODS)('%s', (_name, make) => {
  it('B1, P2, F5: PAR, token, refresh and revocation carry the same credentials, and no others', async () => {
    const method = await make();
    const running = await start(method);
    const browser = await loggedIn(running);
    turnClock(290); // the access token is about to expire
    expect((await script(browser, `${running.parlour.url}/api/x`)).status).toBe(200);
    await script(browser, `${running.parlour.url}/logout`, { method: 'POST' });
    const jtis: (string | null)[] = [];
    for (const [kind, requests] of authenticated(running)) {
      expect([kind, requests.length > 0]).toEqual([kind, true]);
      for (const request of requests) {
        const shown = await credentialsOf(request, method, running.server.issuer);
        expect([kind, request.error, shown]).toEqual([kind, undefined, expect.objectContaining(method.shown)]);
        jtis.push(request.params.get('client_assertion'));
      }
    }
    const assertions = jtis.filter(one => one !== null);
    expect(new Set(assertions).size).toBe(assertions.length);
  });

  it('P5, S3: a push with wrong credentials is an alarm in the log and a 502, with no secret in either', async () => {
    const method = await make();
    const running = await start({ ...method, client: { ...method.client, ...method.stranger } });
    const answer = await running.browser().navigate(`${running.parlour.url}/login`);
    expect([answer.status, running.server.to('par').map(({ error }) => error)]).toEqual([502, ['invalid_client']]);
    expect(running.parlour.events('client_rejected')).toEqual([
      expect.objectContaining({ level: 'error', endpoint: 'par', status: 401 }),
    ]);
    for (const secret of method.secrets) {
      expect(running.parlour.logText()).not.toContain(secret);
      expect(answer.body).not.toContain(secret);
    }
  });

  it('B1: wrong credentials at the token endpoint, at a refresh and at the revocation endpoint are alarms, too', async () => {
    const method = await make();
    const running = await start(method);
    const { server, parlour } = running;
    const known = { redirect_uris: [`${parlour.url}/callback`], ...method.client };
    const late = running.browser();
    await late.navigate(`${parlour.url}/login`);
    const browser = await loggedIn(running);
    await server.register({ ...known, ...method.stranger });
    const end = await late.submitForm({ username: 'alice', password: 'any' }, { button: 'continue' });
    expect(end.url).toBe(`${parlour.url}/?login_error=login_failed`);
    turnClock(290);
    // the old access token is good for ten seconds still
    expect((await script(browser, `${parlour.url}/api/x`)).status).toBe(200);
    await script(browser, `${parlour.url}/logout`, { method: 'POST' });
    expect(server.to('token', 'refresh_token').map(({ error }) => error)).toEqual(['invalid_client']);
    expect(parlour.events('client_rejected').map(({ endpoint }) => endpoint)).toEqual([
      'token',
      'token',
      'revocation',
      'revocation',
    ]);
    for (const secret of method.secrets) expect(parlour.logText()).not.toContain(secret);
  });
});
