import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as oidc from 'openid-client';
import {
  authorizationResponseLies,
  discoveryLies,
  idTokenLies,
  idTokenOddities,
  pushLies,
  startHostileAuthorizationServer,
  tokenLies,
  tokenOddities,
  type AnswerLie,
  type AuthorizationLie,
  type Hostile,
  type IdTokenLie,
} from './hostile-authorization-server.js';
import { HttpBrowser } from './http-browser.js';

describe('the hostile authorization server', () => {
  let hostile: Hostile;
  beforeAll(async () => void (hostile = await startHostileAuthorizationServer()));
  afterEach(() => hostile.beHonest());
  afterAll(() => hostile.close());

  const redirectUri = 'http://localhost:1/callback';

  async function discovered(authentication: (secret: string) => oidc.ClientAuth = oidc.ClientSecretBasic) {
    const { client_id, client_secret } = hostile.client;
    const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
    return oidc.discovery(new URL(hostile.issuer), client_id, {}, authentication(client_secret), { execute });
  }

  async function logIn(config: oidc.Configuration) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const hop = await new HttpBrowser().navigate(pushed.href, { follow: false });
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    return oidc.authorizationCodeGrant(config, new URL(hop.location ?? ''), checks);
  }

  it.each([
    ['basic', oidc.ClientSecretBasic],
    ['post', oidc.ClientSecretPost],
  ] as const)(
    'logs in honestly with client_secret_%s, refreshes, tells about the user and revokes',
    async (method, authentication) => {
      const config = await discovered(authentication);
      const first = await logIn(config);
      expect(first.claims()?.sub).toBe('alice');
      const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '');
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect(await oidc.fetchUserInfo(config, second.access_token, 'alice')).toMatchObject({ sub: 'alice' });
      await oidc.tokenRevocation(config, second.refresh_token ?? '');
      await expect(oidc.refreshTokenGrant(config, second.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      const authenticated = hostile.calls.filter(({ endpoint }) => ['par', 'token', 'revocation'].includes(endpoint));
      expect(authenticated.map(call => call.clientAuthentication)).toEqual(Array.from({ length: 5 }, () => method));
      expect(hostile.count('token', 'refresh_token')).toBe(2);
      const kinds = new Set(hostile.issued.map(({ kind }) => kind));
      expect([...kinds].toSorted()).toEqual(['access_token', 'code', 'id_token', 'refresh_token', 'request_uri']);
    },
  );

  it('refuses wrong credentials, a wrong verifier, a used request_uri and a used refresh token', async () => {
    await expect(logIn(await discovered(() => oidc.ClientSecretBasic('wrong')))).rejects.toThrow();
    expect(hostile.calls.at(-1)?.clientAuthentication).toBe('bad');
    const config = await discovered();
    const { refresh_token = '' } = await logIn(config);
    const pushedUrl = hostile.to('authorization').at(-1)?.target ?? '';
    const again = await new HttpBrowser().navigate(hostile.issuer + pushedUrl, { follow: false });
    expect(new URL(again.location ?? '').searchParams.get('error')).toBe('invalid_request_uri');
    const { refresh_token: successor = '' } = await oidc.refreshTokenGrant(config, refresh_token);
    await expect(oidc.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(oidc.refreshTokenGrant(config, successor)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('has a second user', async () => {
    hostile.user = 'bob';
    expect((await logIn(await discovered())).claims()?.sub).toBe('bob');
  });

  it('shows a form when asked to', async () => {
    hostile.lies.authorization = { form: true };
    const config = await discovered();
    const parameters = {
      redirect_uri: redirectUri,
      state: 's',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    };
    const browser = new HttpBrowser();
    await browser.navigate((await oidc.buildAuthorizationUrlWithPAR(config, parameters)).href);
    const hop = await browser.submitForm({ password: 'any' }, { follow: false });
    expect(new URL(hop.location ?? '').searchParams.get('state')).toBe('s');
  });

  // What openid-client itself checks is enough to see that a lie is told; the rest is the rules' own tests.
  const instantly = ([, lie]: [string, { transport?: string; body?: unknown }]) =>
    lie.transport !== 'hang' && lie.transport !== 'drip' && typeof lie.body !== 'function';
  const unnoticed = [
    'sub is empty',
    'an issuer in capitals', // normalised
    'no authorization endpoint',
    'an error without state and iss',
    'an access token',
    'a request_uri too long',
    'expires_in',
    'JSON',
  ];
  const isNoticed = ([name]: [string, unknown]) => !unnoticed.some(part => name.startsWith(part));

  it.each(Object.entries<IdTokenLie>(idTokenLies).filter(isNoticed))('lies in the ID token: %s', async (_name, lie) => {
    hostile.lies.idToken = lie;
    await expect(logIn(await discovered())).rejects.toThrow();
  });

  it.each(Object.entries<IdTokenLie>(idTokenOddities))('is odd in the ID token: %s', async (_name, lie) => {
    hostile.lies.idToken = lie;
    expect((await logIn(await discovered())).access_token).toMatch(/^access_token-/);
  });

  it.each(Object.entries<AnswerLie>(tokenOddities))('is odd in the token answer: %s', async (_name, lie) => {
    hostile.lies.token = lie;
    expect((await logIn(await discovered())).access_token).toMatch(/^access_token-/);
  });

  it.each(Object.entries<AnswerLie>(tokenLies).filter(instantly).filter(isNoticed))(
    'lies in the token answer: %s',
    async (_name, lie) => {
      hostile.lies.token = lie;
      await expect(logIn(await discovered())).rejects.toThrow();
    },
  );

  it.each(Object.entries<AnswerLie>(pushLies).filter(instantly).filter(isNoticed))(
    'lies at the push: %s',
    async (_name, lie) => {
      hostile.lies.par = lie;
      await expect(logIn(await discovered())).rejects.toThrow();
    },
  );

  it.each(Object.entries<AnswerLie>(discoveryLies).filter(instantly).filter(isNoticed))(
    'lies in discovery: %s',
    async (_name, lie) => {
      hostile.lies.discovery = lie;
      await expect(discovered().then(logIn)).rejects.toThrow();
    },
  );

  it.each(Object.entries<AuthorizationLie>(authorizationResponseLies))('answers the browser: %s', async (name, lie) => {
    hostile.lies.authorization = lie;
    if (name === 'parameters nobody knows') await logIn(await discovered());
    else await expect(logIn(await discovered())).rejects.toThrow();
  });

  it('A8: chooses the right one of four keys with one kid', async () => {
    hostile.lies.jwks = { twins: true };
    expect((await logIn(await discovered())).claims()?.sub).toBe('alice');
  });

  it('lies once, holds an answer back, and goes down and up again', async () => {
    const config = await discovered();
    hostile.lies.par = { ...pushLies['500'], times: 1 };
    await expect(logIn(config)).rejects.toThrow();
    const gate = Promise.withResolvers<void>();
    hostile.lies.token = { after: gate.promise };
    const login = logIn(config);
    expect((await hostile.arrived('token')).grantType).toBe('authorization_code');
    gate.resolve();
    await login;
    await hostile.down();
    await expect(logIn(config)).rejects.toMatchObject({ cause: { message: 'fetch failed' } });
    await hostile.up();
    await logIn(config);
  });

  it('hangs, drips, breaks off and floods as told', async () => {
    const push = (signal?: AbortSignal) =>
      fetch(`${hostile.issuer}/par`, { method: 'POST', ...(signal && { signal }) });
    for (const name of ['no answer', 'an answer that drips'] as const) {
      hostile.lies.par = pushLies[name];
      const client = new AbortController();
      const answer = push(client.signal).then(response => response.text());
      await hostile.arrived('par', hostile.count('par') + 1);
      client.abort();
      await expect(answer).rejects.toThrow('aborted');
    }
    hostile.lies.par = pushLies['a body that breaks off'];
    await expect(push().then(response => response.text())).rejects.toThrow('terminated');
    hostile.lies.par = pushLies['a huge body'];
    expect((await push().then(response => response.text())).length).toBeGreaterThan(20_000_000);
  });
});
