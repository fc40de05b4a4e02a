import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { type ClientName, type Identity, ODD_SECRET, SECRET } from './support/authlete-clients.js';
import { agree, exchange, push, refusal } from './support/authlete-code-flow.js';
import { type Stage, startStage } from './support/authlete-stage.js';
import { expired, rootAuthority, selfSignedClient } from './support/certificates.js';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** How an endpoint refuses: with a challenge when the client used `Authorization` (RFC 6749 §5.2). */
const INVALID_CLIENT = { status: 401, error: 'invalid_client', challenge: false };
const CHALLENGED = { ...INVALID_CLIENT, challenge: true };

type Attempt = [what: string, identity: () => Identity | Promise<Identity>, refused: typeof INVALID_CLIENT];

/** Each one is refused at both endpoints, with a code in hand that the client itself can still exchange afterwards. */
function refuses(name: ClientName, attempts: Attempt[]) {
  describe(`a client of ${name}`, () => {
    it.each(attempts)('E1, E5: is refused at both endpoints with %s', async (_what, identity, refused) => {
      const who = stage.clients.all[name];
      const honest = await stage.connect(who);
      const pushed = await push(honest);
      const callback = await agree(stage.browser(), pushed);
      const wrong = await stage.connect(who, await identity());
      expect(await refusal(push(wrong))).toEqual(refused);
      expect(await refusal(exchange(wrong, callback, pushed))).toEqual(refused);
      expect(await exchange(honest, callback, pushed)).toHaveProperty('access_token');
    });
  });
}

const basic =
  (secret: string): Attempt[1] =>
  () => ({ authentication: client.ClientSecretBasic(secret) });
const post =
  (secret: string): Attempt[1] =>
  () => ({ authentication: client.ClientSecretPost(secret) });
const nothing: Attempt[1] = () => ({ authentication: client.None() });
/** With the key that is registered for another client. */
const assertion: Attempt[1] = () => ({ authentication: client.PrivateKeyJwt(stage.clients.keys.ES256) });
const certificateOf =
  (name: ClientName): Attempt[1] =>
  () =>
    stage.clients.all[name].identity;

const withoutSecret: Attempt[] = [
  ['no credentials', nothing, INVALID_CLIENT],
  ['an assertion instead of a secret', assertion, INVALID_CLIENT],
  ['a certificate instead of a secret', certificateOf('tls_client_auth'), INVALID_CLIENT],
];

refuses('none', [
  ['a secret, though it has none', basic(SECRET), CHALLENGED],
  ['a secret in the form, though it has none', post(SECRET), INVALID_CLIENT],
]);

refuses('client_secret_basic', [
  ['a wrong secret', basic(`${SECRET}x`), CHALLENGED],
  ['a wrong secret of the same length', basic(SECRET.toUpperCase()), CHALLENGED],
  ['the secret in the form', post(SECRET), INVALID_CLIENT],
  ...withoutSecret,
]);

refuses('client_secret_basic, a secret full of signs', [
  ['the secret decoded once more', basic(ODD_SECRET.replace('%2B', '+')), CHALLENGED],
  ['a space where the plus is', basic(ODD_SECRET.replace('+', ' ')), CHALLENGED],
]);

refuses('client_secret_post', [
  ['a wrong secret', post(SECRET), INVALID_CLIENT],
  ['the secret in Authorization', basic(ODD_SECRET), CHALLENGED],
  ...withoutSecret,
]);

const signed = (alg: 'ES256' | 'PS256', change: (payload: Record<string, unknown>) => void) => () => ({
  authentication: client.PrivateKeyJwt(stage.clients.keys[alg], {
    [client.modifyAssertion]: (_header, payload) => change(payload),
  }),
});
const signedByAnother = (alg: string) => async () => ({
  authentication: client.PrivateKeyJwt((await generateKeyPair(alg)).privateKey),
});

for (const alg of ['ES256', 'PS256'] as const) {
  const minutesAgo = Math.floor(Date.now() / 1000) - 600;
  refuses(`private_key_jwt, ${alg}`, [
    ['another key', signedByAnother(alg), INVALID_CLIENT],
    ['a key of another algorithm', signedByAnother(alg === 'ES256' ? 'PS256' : 'ES256'), INVALID_CLIENT],
    ['an expired assertion', signed(alg, jwt => Object.assign(jwt, { exp: minutesAgo })), INVALID_CLIENT],
    [
      'an assertion for another server',
      signed(alg, jwt => Object.assign(jwt, { aud: 'https://else.example' })),
      INVALID_CLIENT,
    ],
    ['an assertion of another client', signed(alg, jwt => Object.assign(jwt, { sub: 'somebody' })), INVALID_CLIENT],
    ['no credentials', nothing, INVALID_CLIENT],
    ['a secret in Authorization', basic(SECRET), CHALLENGED],
    ['a secret in the form', post(SECRET), INVALID_CLIENT],
    ['a certificate', certificateOf('tls_client_auth'), INVALID_CLIENT],
  ]);

  it(`E1: an assertion of private_key_jwt, ${alg} that has been used is refused at both endpoints`, async () => {
    const who = stage.clients.all[`private_key_jwt, ${alg}`];
    const again = await stage.connect(who, signed(alg, jwt => Object.assign(jwt, { jti: `once-${alg}` }))());
    const pushed = await push(again);
    const callback = await agree(stage.browser(), pushed);
    expect(await refusal(push(again))).toEqual(INVALID_CLIENT);
    expect(await refusal(exchange(again, callback, pushed))).toEqual(INVALID_CLIENT);
  });
}

const shows = (certificate: () => Promise<Identity['certificate']>) => async (): Promise<Identity> => {
  const shown = await certificate();
  return { authentication: client.TlsClientAuth(), ...(shown && { certificate: shown }) };
};
const subject = 'C=DE, O=Example, CN=client';
const withoutCertificate: Attempt[] = [
  ['no certificate', shows(async () => undefined), INVALID_CLIENT],
  ['a secret in Authorization', basic(SECRET), CHALLENGED],
  ['a secret in the form', post(SECRET), INVALID_CLIENT],
  ['an assertion', assertion, INVALID_CLIENT],
];

refuses('self_signed_tls_client_auth', [
  [
    'another certificate of the same name',
    shows(() => selfSignedClient({ subject: 'CN=self-signed' })),
    INVALID_CLIENT,
  ],
  ['a certificate that somebody vouches for', certificateOf('tls_client_auth'), INVALID_CLIENT],
  ...withoutCertificate,
]);

refuses('tls_client_auth', [
  ['the leaf alone', shows(async () => leafAlone()), INVALID_CLIENT],
  ['a foreign root above its name', shows(async () => (await rootAuthority()).issue({ subject })), INVALID_CLIENT],
  ['another subject', shows(() => stage.clients.intermediate.issue({ subject: 'CN=else' })), INVALID_CLIENT],
  ['an expired certificate', shows(() => stage.clients.intermediate.issue({ subject, ...expired() })), INVALID_CLIENT],
  ['its name on a certificate that nobody vouches for', shows(() => selfSignedClient({ subject })), INVALID_CLIENT],
  ['another client’s certificate', certificateOf('self_signed_tls_client_auth'), INVALID_CLIENT],
  ...withoutCertificate,
]);

function leafAlone(): Identity['certificate'] {
  const { certificate } = stage.clients.all.tls_client_auth.identity;
  return certificate && { ...certificate, chain: certificate.cert };
}
