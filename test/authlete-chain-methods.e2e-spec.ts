import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import type { RegisteredClient } from './support/authlete-clients.js';
import { type Stage, startStage } from './support/authlete-stage.js';
import { inFiles } from './support/certificates.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { freePort } from './support/free-port.js';
import { isLoggedIn, script } from './support/scene.js';
import { type Parlour, startParlour } from './support/parlour.js';

let stage: Stage;
let parlour: Parlour | undefined;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => {
  stage.emulator.calls.length = 0;
});
afterEach(async () => {
  await parlour?.close();
  parlour = undefined;
});
afterAll(() => stage.close());

/** What Parlour is told of a client, and what Authlete has on file of it beyond what the stage registered. */
interface Chain {
  environment: Record<string, string>;
  registered: { clientId: string } & Record<string, unknown>;
}

const withSecret = (method: string, { registered }: RegisteredClient): Chain => ({
  environment: { CLIENT_AUTH_METHOD: method, CLIENT_SECRET: String(registered['clientSecret']) },
  registered,
});

function withCertificate(method: string, { registered, identity }: RegisteredClient): Chain {
  if (!identity.certificate) throw new Error('this client shows no certificate');
  const { certFile, keyFile } = inFiles(identity.certificate);
  return {
    environment: {
      CLIENT_AUTH_METHOD: method,
      CLIENT_SECRET: '',
      CLIENT_CERT_FILE: certFile,
      CLIENT_KEY_FILE: keyFile,
    },
    registered,
  };
}

function withKey(key: JWK): Chain {
  return {
    environment: { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_SECRET: '', CLIENT_JWKS_FILE: jwksFile(key) },
    registered: {
      clientId: '3280859750299',
      clientName: 'A client with a key',
      tokenAuthMethod: 'PRIVATE_KEY_JWT',
      tokenAuthSignAlg: key.alg,
      jwks: JSON.stringify({ keys: [publicHalf(key)] }),
    },
  };
}

const METHODS: [string, () => Chain | Promise<Chain>][] = [
  ['C1: client_secret_basic', () => withSecret('client_secret_basic', stage.clients.all.client_secret_basic)],
  ['C2: client_secret_post', () => withSecret('client_secret_post', stage.clients.all.client_secret_post)],
  ['C4: private_key_jwt, ES256', async () => withKey(await privateJwk('ES256'))],
  ['C4: private_key_jwt, PS256', async () => withKey(await privateJwk('PS256'))],
  [
    'C5: self_signed_tls_client_auth',
    () => withCertificate('self_signed_tls_client_auth', stage.clients.all.self_signed_tls_client_auth),
  ],
  ['C6: tls_client_auth, with the chain', () => withCertificate('tls_client_auth', stage.clients.all.tls_client_auth)],
];

describe('the whole chain, BFF to authorization server to Authlete', () => {
  it.each(METHODS)('%s: logs in, logs out and revokes', async (_, chain) => {
    const { environment, registered } = await chain();
    const port = String(await freePort());
    const url = `http://localhost:${port}`;
    stage.emulator.set({ client: { clientType: 'CONFIDENTIAL', ...registered, redirectUris: [`${url}/callback`] } });
    parlour = await startParlour(stage.issuer, {
      PORT: port,
      CA_FILE: stage.caFile,
      CLIENT_ID: registered.clientId,
      ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256',
      ...environment,
    });

    const browser = stage.browser();
    await browser.navigate(`${url}/login`);
    await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'login' });
    await browser.submitForm({}, { button: 'allow' });
    expect(browser.url).toBe(`${url}/`);
    expect(await isLoggedIn(browser, parlour)).toBe(true);
    expect((await script(browser, `${url}/logout`, { method: 'POST' })).status).toBe(200);

    const answered = stage.emulator.calls.map(({ api }) => api);
    expect(answered.filter(api => api === 'pushed_auth_req')).toHaveLength(1);
    expect(answered.filter(api => api === 'auth/token')).toHaveLength(1);
    expect(answered).toContain('auth/revocation');
    expect(parlour.events('client_rejected')).toEqual([]);
    expect(parlour.events('revocation_failed')).toEqual([]);
  });
});
