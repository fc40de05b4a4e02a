import { afterAll, describe, expect, it } from '@jest/globals';
import { type ApiAnswer, contentOf, redirectOf } from './support/authlete-api.js';
import { contractTarget } from './support/authlete-contract-target.js';
import {
  authorizationRequest,
  authorize,
  codeFor,
  exchange,
  interaction,
  issue,
  push,
  pushedUri,
  refresh,
  revoke,
  tokensFor,
} from './support/authlete-flow.js';
import { dpopProof } from './support/authlete-dpop.js';

/*
 * What is known of the vendor's answers, and by whom: seed (the article), doc (the vendor's documentation), com (an author's transcript of the live
 * service). Against the emulator always, and against a real service by `npm run test:authlete-live`, with
 *
 *   AUTHLETE_BASE_URL
 *   AUTHLETE_SERVICE_ID and AUTHLETE_ACCESS_TOKEN (v3), or AUTHLETE_API_KEY and AUTHLETE_API_SECRET (v2), or all four
 *   AUTHLETE_LIVE_CLIENT_ID, AUTHLETE_LIVE_CLIENT_SECRET, AUTHLETE_LIVE_REDIRECT_URI: a confidential client with CLIENT_SECRET_BASIC, the grant types
 *     AUTHORIZATION_CODE and REFRESH_TOKEN, the response types CODE and CODE_ID_TOKEN, this redirect URI, and no settings that require anything
 *   AUTHLETE_LIVE_STRICT_CLIENT_ID (optional): a public client with the same redirect URI that requires PAR and PKCE
 *
 * The service supports the scope openid, requires PAR of nobody in particular, and has its endpoints set.
 */

const target = await contractTarget();
const { versions, client, strictClient } = target;
afterAll(() => target.close());

/** The code that the vendor puts in front of its error_description. */
function refusal(answer: ApiAnswer): unknown[] {
  const { error, error_description } = contentOf(answer);
  return [answer.status, answer.body['action'], error, /\[(\w+)\]/.exec(String(error_description))?.[1]];
}

const outcome = ({ status, body }: ApiAnswer) => [status, body['resultCode'], body['action']];

describe.each(versions)('contract of API $version', ({ version, call, stranger }) => {
  it('contract, seed: a push is answered by A245001, and its content has expires_in in front of a request_uri of 43 characters', async () => {
    const answer = await push(call, client);
    expect(outcome(answer)).toEqual([200, 'A245001', 'CREATED']);
    const { requestUri, responseContent } = answer.body;
    expect(requestUri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
    expect(responseContent).toMatch(new RegExp(`^{"expires_in":\\d+,"request_uri":"${String(requestUri)}"}$`));
  });

  it('contract, seed: response_type=code id_token can be pushed', async () => {
    expect(outcome(await push(call, client, { response_type: 'code id_token' }))).toEqual([200, 'A245001', 'CREATED']);
  });

  it('contract, doc: A004001 is INTERACTION, with client, scopes and a ticket', async () => {
    const answer = await interaction(call, client, { prompt: 'login', login_hint: 'alice', max_age: '60' });
    expect(outcome(answer)).toEqual([200, 'A004001', 'INTERACTION']);
    expect(answer.body).toMatchObject({
      ticket: expect.stringMatching(/./),
      client: { clientId: Number(client.clientId) },
      service: {},
      scopes: [expect.objectContaining({ name: 'openid' })],
      prompts: ['LOGIN'],
      loginHint: 'alice',
      maxAge: 60,
    });
  });

  it('contract, doc: prompt=none is NO_INTERACTION, and fails with NOT_LOGGED_IN as login_required', async () => {
    const { body } = await interaction(call, client, { prompt: 'none' });
    expect(body['action']).toBe('NO_INTERACTION');
    const failed = await call('auth/authorization/fail', { ticket: body['ticket'], reason: 'NOT_LOGGED_IN' });
    expect(failed.body['action']).toBe('LOCATION');
    expect(Object.fromEntries(redirectOf(failed))).toMatchObject({ error: 'login_required', state: 'the-state' });
  });

  it('contract, doc: A040001 redirects with a code and the state; a ticket works once', async () => {
    const { body } = await interaction(call, client);
    const issued = await issue(call, body['ticket']);
    expect(outcome(issued)).toEqual([200, 'A040001', 'LOCATION']);
    expect(String(issued.body['responseContent']).startsWith(client.redirectUri)).toBe(true);
    expect(Object.fromEntries(redirectOf(issued))).toMatchObject({ code: expect.any(String), state: 'the-state' });
    expect((await issue(call, body['ticket'])).body['action']).toBe('BAD_REQUEST');
  });

  it('contract, doc: who denies is reported as access_denied', async () => {
    const { body } = await interaction(call, client);
    const failed = await call('auth/authorization/fail', { ticket: body['ticket'], reason: 'DENIED' });
    expect(failed.body['action']).toBe('LOCATION');
    expect(redirectOf(failed).get('error')).toBe('access_denied');
  });

  it('contract, doc: A050001 hands out tokens, A056001 knows them, and one of them can be refreshed', async () => {
    const answer = await exchange(call, client, await codeFor(call, client));
    expect(outcome(answer)).toEqual([200, 'A050001', 'OK']);
    const tokens = contentOf(answer);
    expect(tokens).toMatchObject({
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      id_token: expect.any(String),
    });
    const known = await call('auth/introspection', { token: tokens['access_token'], scopes: ['openid'] });
    expect(outcome(known)).toEqual([200, 'A056001', 'OK']);
    expect(known.body).toMatchObject({ subject: 'alice', usable: true, sufficient: true });
    const refreshed = await refresh(call, client, tokens['refresh_token']);
    expect([refreshed.body['action'], contentOf(refreshed)['access_token']]).toEqual(['OK', expect.any(String)]);
  });

  it('contract, doc: userinfo says whose token it is, and userinfo/issue makes the answer', async () => {
    const { access_token } = await tokensFor(call, client);
    expect((await call('auth/userinfo', { token: access_token })).body).toMatchObject({
      action: 'OK',
      subject: 'alice',
    });
    const issued = await call('auth/userinfo/issue', { token: access_token, claims: '{"name":"Alice"}' });
    expect(issued.body['action']).toBe('JSON');
    expect(contentOf(issued)['sub']).toBe('alice');
  });

  it('contract, doc: A113001 revokes; whoever uses the token afterwards is UNAUTHORIZED', async () => {
    const { access_token } = await tokensFor(call, client);
    expect(outcome(await revoke(call, client, access_token))).toEqual([200, 'A113001', 'OK']);
    const { body } = await call('auth/introspection', { token: access_token });
    expect(body).toMatchObject({ action: 'UNAUTHORIZED', responseContent: expect.stringContaining('invalid_token') });
  });

  it('contract, com: A008303 refuses a request_uri after completion, without a redirect', async () => {
    const requestUri = await pushedUri(call, client);
    const { body } = await authorize(call, client, requestUri);
    await issue(call, body['ticket']);
    const again = await authorize(call, client, requestUri);
    expect(refusal(again)).toEqual([200, 'BAD_REQUEST', 'invalid_request_uri', 'A008303']);
  });

  it('contract, com: A157357 refuses credentials in the wrong place', async () => {
    const parameters = authorizationRequest(client, { client_secret: client.clientSecret });
    const answer = await call('pushed_auth_req', { parameters });
    expect(refusal(answer)).toEqual([200, 'UNAUTHORIZED', 'invalid_client', 'A157357']);
  });

  it('contract, com: A050305 refuses a code that was used', async () => {
    const code = await codeFor(call, client);
    await exchange(call, client, code);
    expect(refusal(await exchange(call, client, code))).toEqual([200, 'BAD_REQUEST', 'invalid_grant', 'A050305']);
  });

  it.each([
    ['A050312', 'no verifier', { code_verifier: undefined }],
    ['A050315', 'another verifier', { code_verifier: 'w'.repeat(43) }],
    ['A050309', 'another redirect_uri', { redirect_uri: 'https://elsewhere.example/' }],
  ])('contract, com: %s refuses a code with %s', async (resultCode, _what, changes) => {
    const answer = await exchange(call, client, await codeFor(call, client), changes);
    expect(refusal(answer)).toEqual([200, 'BAD_REQUEST', expect.stringMatching(/^invalid_/), resultCode]);
  });

  it('contract, com: A011304 refuses a redirect_uri that is not registered, without a redirect', async () => {
    const parameters = authorizationRequest(client, { redirect_uri: 'https://elsewhere.example/' });
    const answer = await call('auth/authorization', { parameters });
    expect(refusal(answer)).toEqual([200, 'BAD_REQUEST', expect.any(String), 'A011304']);
  });

  it('contract, doc: the discovery document is raw JSON, and names the PAR endpoint', async () => {
    const { status, body } = await call('service/configuration');
    expect([status, body]).toEqual([200, expect.objectContaining({ issuer: expect.any(String) })]);
    expect(body).toHaveProperty('pushed_authorization_request_endpoint');
  });

  it('contract, doc: a wrong credential of ours is a 401 without an action', async () => {
    const { status, body } = await push(stranger, client);
    expect([status, body['action'], body['resultCode']]).toEqual([401, undefined, expect.any(String)]);
  });

  if (version === 'v3') {
    it('contract, com: a DPoP proof without the nonce is refused with use_dpop_nonce, and the answer has the nonce', async () => {
      const endpoint = String((await call('service/configuration')).body['pushed_authorization_request_endpoint']);
      const answer = await push(call, client, {}, { dpop: await dpopProof('POST', endpoint), dpopNonceRequired: true });
      expect(contentOf(answer)['error']).toBe('use_dpop_nonce');
      expect(answer.body['dpopNonce']).toEqual(expect.any(String));
    });
  }

  if (strictClient) {
    it('contract, com: A008305 refuses a request that was not pushed, when the client requires it', async () => {
      const answer = await call('auth/authorization', { parameters: authorizationRequest(strictClient) });
      expect(refusal(answer)).toEqual([200, 'BAD_REQUEST', 'invalid_request', 'A008305']);
    });

    it('contract, com: A124301 refuses a push without PKCE, when the client requires it', async () => {
      const answer = await push(call, strictClient, { code_challenge: undefined, code_challenge_method: undefined });
      expect(refusal(answer)).toEqual([200, 'BAD_REQUEST', 'invalid_request', 'A124301']);
    });

    it('contract, com: A157303 refuses a public client that shows a secret', async () => {
      const answer = await push(call, { ...strictClient, clientSecret: 'no-such-thing' });
      expect(contentOf(answer)['error_description']).toMatch(/^\[A157303\]/);
    });
  }
});
