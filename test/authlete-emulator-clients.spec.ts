import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { SERVICE_DEFAULTS } from '../src/dev/authlete-emulator/options.js';
import { type Call, caller, contentOf } from './support/authlete-api.js';
import { authorizationRequest, form } from './support/authlete-flow.js';
import { certificateProof, jwksOfCertificate, type Proof, signer } from './support/authlete-proofs.js';
import { expired, rootAuthority, selfSignedClient } from './support/certificates.js';

const CLIENT = { clientId: '4711', redirectUri: 'https://client.example/callback' };
const SECRET = 'a-secret_with-both';
const ISSUER = 'https://as.example';
const ENDPOINTS = { pushed_auth_req: `${ISSUER}/as/par`, 'auth/token': `${ISSUER}/as/token` };

let emulator: RunningEmulator;
let call: Call;

beforeAll(async () => {
  emulator = await startAuthleteEmulator({
    port: 0,
    service: {
      issuer: ISSUER,
      pushedAuthReqEndpoint: ENDPOINTS.pushed_auth_req,
      tokenEndpoint: ENDPOINTS['auth/token'],
    },
  });
  call = caller({ url: emulator.url, version: 'v3', credentials: emulator.credentials });
});
afterAll(() => emulator.close());

/** One client at a time: whatever an earlier test has set is gone. */
function client(settings: Record<string, unknown>): void {
  const none = { tokenAuthMethod: 'CLIENT_SECRET_BASIC', jwks: null, selfSignedCertificateKeyId: null };
  const subjects = ['SubjectDn', 'SanDns', 'SanUri', 'SanIp', 'SanEmail'].map(name => [`tlsClientAuth${name}`, null]);
  const { clientId, redirectUri } = CLIENT;
  const own = { clientId, clientSecret: SECRET, redirectUris: [redirectUri] };
  emulator.set({ client: { ...none, ...Object.fromEntries(subjects), ...own, ...settings } });
}

/** `accepted`, or the code of the refusal. At the token endpoint whoever is accepted is told that there is no such code. */
async function attempt(api: keyof typeof ENDPOINTS, { beside = {}, form: shown = {} }: Proof): Promise<unknown> {
  const request = { grant_type: 'authorization_code', code: 'none', client_id: CLIENT.clientId };
  const parameters = api === 'auth/token' ? form({ ...request, ...shown }) : authorizationRequest(CLIENT, shown);
  const answer = await call(api, { parameters, ...beside });
  const { action, resultCode } = answer.body;
  if (action === 'CREATED' || resultCode === 'A050305') return 'accepted';
  const { error } = contentOf(answer);
  const expected = api === 'auth/token' ? 'INVALID_CLIENT' : 'UNAUTHORIZED';
  return error === 'invalid_client' && action === expected ? resultCode : `${String(error)}, ${String(resultCode)}`;
}

const basic = (clientSecret: string, clientId = CLIENT.clientId): Proof => ({ beside: { clientId, clientSecret } });
const inForm = (client_secret: string): Proof => ({ form: { client_secret } });
const apis = ['pushed_auth_req', 'auth/token'] as const;

describe.each(apis)('client authentication at %s', api => {
  const expectAll = async (expected: [unknown, Proof][]) => {
    for (const [outcome, proof] of expected) expect([outcome, await attempt(api, proof)]).toEqual([outcome, outcome]);
  };

  it('emulator: NONE is the client’s id, and no secret anywhere', async () => {
    client({ clientType: 'PUBLIC', tokenAuthMethod: 'NONE' });
    await expectAll([
      ['accepted', {}],
      ['A157303', basic(SECRET)],
      ['A157303', inForm(SECRET)],
    ]);
  });

  it('emulator: CLIENT_SECRET_BASIC is the two fields of the call', async () => {
    client({ tokenAuthMethod: 'CLIENT_SECRET_BASIC' });
    await expectAll([
      ['accepted', basic(SECRET)],
      ['EMU-SECRET', basic('another')],
      ['EMU-SECRET', { beside: { clientId: CLIENT.clientId } }],
      ['A157357', inForm(SECRET)],
      ['A157357', {}],
      ['EMU-CLIENT-ID-DIFFERS', basic(SECRET, '4712')],
      ['invalid_request, EMU-SEVERAL-METHODS', { ...basic(SECRET), ...inForm(SECRET) }],
    ]);
  });

  it('emulator: CLIENT_SECRET_POST is a parameter', async () => {
    client({ tokenAuthMethod: 'CLIENT_SECRET_POST' });
    await expectAll([
      ['accepted', inForm(SECRET)],
      ['EMU-SECRET', inForm('another')],
      ['EMU-NO-SECRET', basic(SECRET)],
      ['EMU-NO-SECRET', {}],
    ]);
  });

  it('emulator: PRIVATE_KEY_JWT is an assertion of the client’s key, for us, in time, used once', async () => {
    const [own, foreign] = [await signer(), await signer()];
    const { clientId } = CLIENT;
    const claims = { iss: clientId, sub: clientId, aud: ISSUER };
    client({ tokenAuthMethod: 'PRIVATE_KEY_JWT', jwks: JSON.stringify(own.jwks) });
    const signed = (changes: object) => own.assert({ ...claims, ...changes });
    const once = await signed({});
    await expectAll([
      ['accepted', once],
      ['EMU-ASSERTION-USED', once],
      ['accepted', await signed({ aud: ENDPOINTS[api] })],
      ['EMU-ASSERTION', await signed({ aud: 'https://elsewhere.example' })],
      ['EMU-ASSERTION', await signed({ exp: 1 })],
      ['EMU-ASSERTION', await signed({ sub: '4712' })],
      ['EMU-ASSERTION', await foreign.assert(claims)],
      ['EMU-NO-ASSERTION', basic(SECRET)],
      ['EMU-NO-ASSERTION', { form: { client_assertion: once.form?.['client_assertion'] ?? '' } }],
      ['invalid_request, EMU-SEVERAL-METHODS', { form: { ...(await signed({})).form, client_secret: SECRET } }],
    ]);
  });

  it('emulator: TLS_CLIENT_AUTH is the one registered name of the certificate', async () => {
    const certificate = certificateProof(
      await selfSignedClient({
        subject: 'C=DE, O=Example, CN=client',
        altNames: [
          { type: 'dns', value: 'client.example' },
          { type: 'url', value: 'https://client.example/id' },
          { type: 'ip', value: '192.0.2.7' },
          { type: 'email', value: 'client@example.org' },
        ],
      }),
    );
    for (const [outcome, settings] of [
      ['accepted', { tlsClientAuthSubjectDn: 'CN=client, O=Example,c=DE' }],
      ['accepted', { tlsClientAuthSanDns: 'client.example' }],
      ['accepted', { tlsClientAuthSanUri: 'https://client.example/id' }],
      ['accepted', { tlsClientAuthSanIp: '192.0.2.7' }],
      ['accepted', { tlsClientAuthSanEmail: 'client@example.org' }],
      ['EMU-CERTIFICATE-SUBJECT', { tlsClientAuthSubjectDn: 'C=DE,O=Example,CN=client' }],
      ['EMU-CERTIFICATE-SUBJECT', { tlsClientAuthSanDns: 'example' }],
      ['EMU-CERTIFICATE-SUBJECT', { tlsClientAuthSanIp: '192.0.2.70' }],
      ['EMU-CERTIFICATE-SUBJECT', { tlsClientAuthSanDns: 'client.example', tlsClientAuthSanEmail: 'x@example.org' }],
      ['EMU-CERTIFICATE-SUBJECT', {}],
    ] as const) {
      client({ tokenAuthMethod: 'TLS_CLIENT_AUTH', ...settings });
      expect([settings, await attempt(api, certificate)]).toEqual([settings, outcome]);
    }
    await expectAll([
      ['EMU-NO-CERTIFICATE', {}],
      ['EMU-CERTIFICATE-MALFORMED', { beside: { clientCertificate: 'cut short' } }],
      ['invalid_request, EMU-SEVERAL-METHODS', { ...certificate, ...inForm(SECRET) }],
    ]);
  });

  it('emulator: with mutualTlsValidatePkiCertChain the path has to lead to a trusted root, in time', async () => {
    const [root, elsewhere] = [await rootAuthority('CN=A root'), await rootAuthority('CN=A root')];
    const below = await root.intermediate('CN=In between');
    const wanted = { subject: 'CN=client' };
    const leaf = await below.issue(wanted);
    emulator.set({ service: { mutualTlsValidatePkiCertChain: true, trustedRootCertificates: [root.cert] } });
    client({ tokenAuthMethod: 'TLS_CLIENT_AUTH', tlsClientAuthSubjectDn: 'CN=client' });
    await expectAll([
      ['accepted', certificateProof(leaf, below)],
      ['accepted', certificateProof(leaf, below, root)],
      ['accepted', certificateProof(await root.issue(wanted))],
      ['EMU-CERTIFICATE-ROOT', certificateProof(leaf)],
      ['EMU-CERTIFICATE-PATH', certificateProof(leaf, root)],
      ['EMU-CERTIFICATE-ROOT', certificateProof(await elsewhere.issue(wanted))],
      ['EMU-CERTIFICATE-ROOT', certificateProof(await selfSignedClient(wanted))],
      ['EMU-CERTIFICATE-EXPIRED', certificateProof(await root.issue({ ...wanted, ...expired() }))],
    ]);
    emulator.set({ service: { mutualTlsValidatePkiCertChain: false } });
    await expectAll([['accepted', certificateProof(await selfSignedClient(wanted))]]);
  });

  it('emulator: SELF_SIGNED_TLS_CLIENT_AUTH is a certificate with the registered key', async () => {
    const [own, foreign] = [await selfSignedClient({ subject: 'CN=a' }), await selfSignedClient({ subject: 'CN=a' })];
    const method = { tokenAuthMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH' };
    client({ ...method, selfSignedCertificateKeyId: 'k', jwks: jwksOfCertificate(own.cert, { kid: 'k' }) });
    await expectAll([
      ['accepted', certificateProof(own)],
      ['EMU-CERTIFICATE-KEY', certificateProof(foreign)],
      ['EMU-NO-CERTIFICATE', {}],
    ]);
    client({ ...method, selfSignedCertificateKeyId: 'other', jwks: jwksOfCertificate(own.cert, { kid: 'k' }) });
    await expectAll([['EMU-CERTIFICATE-KEY', certificateProof(own)]]);
    client({ ...method, jwks: JSON.stringify(jwksOfCertificate(own.cert, 'x5c')) });
    await expectAll([
      ['accepted', certificateProof(own)],
      ['EMU-CERTIFICATE-KEY', certificateProof(foreign)],
    ]);
  });

  it('emulator: an unknown client, and a method that the service or the emulator does without', async () => {
    client({ tokenAuthMethod: 'CLIENT_SECRET_JWT' });
    await expectAll([
      ['EMU-METHOD-UNSUPPORTED', {}],
      ['EMU-CLIENT-UNKNOWN', { beside: { clientId: '1' }, form: { client_id: '1' } }],
    ]);
    emulator.set({ service: { supportedTokenAuthMethods: ['NONE'] } });
    client({});
    await expectAll([['EMU-METHOD-UNSUPPORTED', basic(SECRET)]]);
    emulator.set({ service: { supportedTokenAuthMethods: SERVICE_DEFAULTS['supportedTokenAuthMethods'] } });
  });
});
