import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type BoundScene, startBoundScene } from './support/bound-scene.js';
import { logIn, sessionState } from './support/browser-stage.js';
import { launchBrowser, type Needle, recordTraffic, scanForSecrets, type Traffic } from './support/chromium.js';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';

let browser: Browser;
let scene: BoundScene;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterEach(() => scene.close());
afterAll(() => browser?.close());

const SPA = { SPA_DIR: 'client-demo/dist' };

async function newVisitor(): Promise<{ page: Page; traffic: Traffic }> {
  // nobody told this browser who vouches for the authorization server
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const traffic = await recordTraffic(context);
  return { page: await context.newPage(), traffic };
}

/** What the SPA's script gets of its API. */
function callApi(page: Page, method = 'GET'): Promise<[number, string]> {
  return page.evaluate(async how => {
    const response = await fetch('/api/orders?of=alice', { method: how, headers: { 'X-CSRF': '1' } });
    return [response.status, await response.text()] as [number, string];
  }, method);
}

/** What went around and must stay on the server. */
function secrets(): Needle[] {
  const { accessTokens, refreshTokens, idTokens } = scene.server.issued;
  const verifiers = scene.server.to('token').flatMap(({ params }) => params.get('code_verifier') ?? []);
  const proofs = [...scene.server.requests, ...scene.api.calls].flatMap(({ headers }) => headers.dpop ?? []).flat();
  const byKind = { access_token: accessTokens, refresh_token: refreshTokens, id_token: idTokens, verifier: verifiers };
  return Object.entries({ ...byKind, proof: proofs }).flatMap(([kind, values]) =>
    values.map(value => ({ kind, value })),
  );
}

async function visit(): Promise<void> {
  const { page, traffic } = await newVisitor();
  const app = scene.parlour.url;
  await logIn(page, app);
  expect(await callApi(page)).toEqual([200, '{"ok":true}']);
  scene.api.renewNonce();
  expect(await callApi(page)).toEqual([200, '{"ok":true}']);
  expect(await callApi(page, 'DELETE')).toEqual([200, '{"ok":true}']);
  await page.getByTestId('logout').click();
  await sessionState(page, 'anonymous');
  await traffic.settled();
  await traffic.inspect(page);
  const kinds = new Set(secrets().map(({ kind }) => kind));
  expect([...kinds]).toEqual(expect.arrayContaining(['access_token', 'refresh_token', 'id_token', 'verifier']));
  const hits = scanForSecrets(traffic, secrets()).filter(({ url }) => !url.startsWith(scene.server.issuer));
  expect(hits.map(({ kind, place, url }) => [kind, place, url.split('?')[0]])).toEqual([
    ['id_token', 'response headers', `${app}/logout/continue`],
  ]);
  await page.context().close();
}

describe('in Chromium, with tokens that are bound to their sender', () => {
  it('F6, B16: DPoP: login, API calls and logout, with nonces wanted everywhere, and nothing of it in the browser', async () => {
    const key = await privateJwk('ES256');
    scene = await startBoundScene({
      bound: 'dpop',
      client: {
        token_endpoint_auth_method: 'private_key_jwt',
        // oidc-provider's type wants the members of each key type
        jwks: { keys: [publicHalf(key)] as never },
        dpop_bound_access_tokens: true,
      },
      environment: {
        ...SPA,
        DPOP: 'true',
        CLIENT_SECRET: '',
        CLIENT_AUTH_METHOD: 'private_key_jwt',
        CLIENT_JWKS_FILE: jwksFile(key),
      },
      requireNonce: () => true,
    });
    await visit();
    expect(scene.server.to('par').map(({ error, status }) => error ?? status)).toEqual(['use_dpop_nonce', 201]);
    expect(scene.api.calls.map(({ refused }) => refused)).toEqual([undefined, 'another nonce', undefined, undefined]);
  });

  it('F5, B16: a certificate: login, API calls and logout, and nothing of it in the browser', async () => {
    const certificate = await selfSignedClient();
    const files = certificateFiles();
    certificate.write(files);
    scene = await startBoundScene({
      bound: 'certificate',
      client: {
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        // oidc-provider's type wants the members of each key type
        jwks: { keys: [certificate.jwk] as never },
        tls_client_certificate_bound_access_tokens: true,
      },
      environment: {
        ...SPA,
        CLIENT_SECRET: '',
        CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth',
        CERTIFICATE_BOUND_ACCESS_TOKENS: 'true',
        ...files,
      },
      route: { clientCertificate: true },
    });
    await visit();
    expect(scene.api.calls.map(({ refused, certificate: shown }) => refused ?? shown)).toEqual(
      Array.from({ length: 3 }, () => certificate.thumbprint),
    );
  });
});
