import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BoundScene, startBoundScene } from './support/bound-scene.js';
import { certificateFiles, clientAuthority, type Issued, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { startParlour, until } from './support/parlour.js';
import { isLoggedIn, script, turnClock } from './support/scene.js';

const files = certificateFiles();
const ofClient = { path: '/api/client', token: 'client', scope: 'orders:read', clientCertificate: true };
const NAME = 'parlour.example.org';
let scene: BoundScene;
let authority: Awaited<ReturnType<typeof clientAuthority>>;
let certificate: Issued;

beforeAll(async () => {
  authority = await clientAuthority();
  certificate = await authority.issue(NAME);
  certificate.write(files);
  scene = await startBoundScene({
    bound: 'certificate',
    client: {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_dns: NAME,
      tls_client_certificate_bound_access_tokens: true,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    },
    clientCa: authority.root,
    environment: {
      CLIENT_SECRET: '',
      CLIENT_AUTH_METHOD: 'tls_client_auth',
      CERTIFICATE_BOUND_ACCESS_TOKENS: 'true',
      ...files,
    },
    route: { clientCertificate: true },
    more: [{ path: '/api/unshown' }, ofClient],
  });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.server.requests.length = 0;
  scene.api.beHonest();
});
afterEach(() => {
  jest.useRealTimers();
});

const orders = (browser: HttpBrowser, path = '/api/orders') => script(browser, scene.parlour.url + path);
const refreshes = () => scene.server.to('token', 'refresh_token').map(({ status, error }) => error ?? status);
const bound = () => scene.api.calls.map(({ confirmation }) => confirmation);

describe('tokens that are bound to the client’s certificate', () => {
  it('F5: a login, an API call, a refresh and a logout work, each endpoint called by its mTLS alias', async () => {
    const browser = await scene.login();
    expect((await orders(browser)).json()).toEqual({ ok: true });
    turnClock(280);
    expect((await orders(browser)).status).toBe(200);
    expect(refreshes()).toEqual([200]);
    const confirmation = { 'x5t#S256': certificate.thumbprint };
    expect(bound()).toEqual([confirmation, confirmation]);
    expect(new Set(scene.api.calls.map(({ headers }) => headers.authorization)).size).toBe(2);
    jest.useRealTimers();
    await script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
    const calls = (['par', 'token', 'revocation'] as const).flatMap(endpoint => scene.server.to(endpoint));
    expect(calls.map(({ mtls, certificate: shown }) => [mtls, shown])).toEqual(
      calls.map(() => [true, certificate.thumbprint]),
    );
    expect(calls.length).toBeGreaterThanOrEqual(5);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });

  it('F5: an API on a route without clientCertificate isn’t shown it', async () => {
    const browser = await scene.login();
    expect((await orders(browser, '/api/unshown')).status).toBe(401);
    expect(new Set(scene.api.calls.map(({ certificate: shown, refused }) => [shown, refused].join()))).toEqual(
      new Set([',no certificate']),
    );
  });

  it('C7: after the certificate was replaced the next call has a token that is bound to the new one, the client’s own too', async () => {
    const browser = await scene.login();
    await orders(browser);
    expect((await orders(browser, '/api/client')).status).toBe(200);
    expect(bound().at(-1)).toEqual({ 'x5t#S256': certificate.thumbprint });
    certificate = await authority.issue(NAME);
    certificate.write(files);
    await until('the new certificate is shown', async () => {
      expect((await orders(browser)).status).toBe(200);
      return scene.api.calls.at(-1)?.certificate === certificate.thumbprint;
    });
    expect(bound().at(-1)).toEqual({ 'x5t#S256': certificate.thumbprint });
    expect(scene.api.calls.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect(refreshes()).toEqual([200]);
    await orders(browser);
    expect(refreshes()).toEqual([200]);
    expect((await orders(browser, '/api/client')).status).toBe(200);
    expect(bound().at(-1)).toEqual({ 'x5t#S256': certificate.thumbprint });
  });
});

describe('a certificate that is replaced while a call is on its way', () => {
  it('C7, R12: costs one more call, however young the refused token is', async () => {
    const browser = await scene.login();
    const refusing = new Promise<void>(resolve => {
      scene.api.reply = async (_request, response) => {
        resolve();
        await changed;
        scene.api.reply = undefined;
        response.writeHead(401).end();
      };
    });
    const answer = orders(browser);
    const changed = refusing.then(async () => {
      const before = scene.parlour.events('credential_changed').length;
      certificate = await authority.issue(NAME);
      certificate.write(files);
      await until('it is shown', () => scene.parlour.events('credential_changed').length > before);
    });
    expect((await answer).status).toBe(200);
    expect(refreshes()).toEqual([200]);
    expect(bound().at(-1)).toEqual({ 'x5t#S256': certificate.thumbprint });
  });
});

describe('without a refresh token', () => {
  it('C7: a token that is bound to a replaced certificate has come to its end', async () => {
    const short = await scene.another({ SCOPE: 'openid orders:read' });
    const browser = await scene.login(short.url);
    const call = () => script(browser, `${short.url}/api/orders`);
    expect((await call()).status).toBe(200);
    certificate = await authority.issue(NAME);
    certificate.write(files);
    const ended = await until('the token is of no use', async () => {
      const answer = await call();
      return answer.status !== 200 && answer;
    });
    expect([ended.status, ended.json()['code']]).toEqual([401, 'token_expired']);
    expect(scene.api.calls.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect(await isLoggedIn(browser, short)).toBe(true);
  });
});

describe('a client that authenticates by other means', () => {
  it('F5: shows its certificate all the same, to the authorization server and to the API', async () => {
    const key = await privateJwk('ES256');
    const own = await selfSignedClient();
    const ownFiles = certificateFiles();
    own.write(ownFiles);
    const other = await startBoundScene({
      bound: 'certificate',
      client: {
        token_endpoint_auth_method: 'private_key_jwt',
        // oidc-provider's type wants the members of each key type
        jwks: { keys: [publicHalf(key)] as never },
        tls_client_certificate_bound_access_tokens: true,
      },
      environment: {
        CLIENT_SECRET: '',
        CLIENT_AUTH_METHOD: 'private_key_jwt',
        CLIENT_JWKS_FILE: jwksFile(key),
        CERTIFICATE_BOUND_ACCESS_TOKENS: 'true',
        ...ownFiles,
      },
      route: { clientCertificate: true },
    });
    try {
      const browser = await other.login();
      expect((await script(browser, `${other.parlour.url}/api/orders`)).status).toBe(200);
      expect(other.api.calls.map(({ confirmation }) => confirmation)).toEqual([{ 'x5t#S256': own.thumbprint }]);
    } finally {
      await other.close();
    }
  });
});

describe('a server that binds no tokens', () => {
  const advertised = { tls_client_certificate_bound_access_tokens: true };

  it.each([
    ['doesn’t say that it does', {}, 'tls_client_certificate_bound_access_tokens'],
    ['is shown no certificate, for want of TLS', advertised, 'plain http'],
  ])('F5: since it %s is asked for none: no answer would tell', async (_what, members, reason) => {
    const hostile = await startHostileAuthorizationServer();
    hostile.lies = { discovery: { members } };
    const own = await selfSignedClient();
    const ownFiles = certificateFiles();
    own.write(ownFiles);
    const parlour = await startParlour(hostile.issuer, { CERTIFICATE_BOUND_ACCESS_TOKENS: 'true', ...ownFiles });
    try {
      const { status } = await new HttpBrowser().navigate(`${parlour.url}/login`, { follow: false });
      expect([status, hostile.count('par')]).toEqual([502, 0]);
      expect(parlour.events('discovery_failed')[0]?.['reason']).toContain(reason);
    } finally {
      await parlour.close();
      await hostile.close();
    }
  });
});
