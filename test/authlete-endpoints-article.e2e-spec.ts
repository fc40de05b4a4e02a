import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { ENDPOINTS } from '../src/authlete/index.js';
import { tlsClient } from './authlete-certificate-client.js';
import { basic, type OnEmulator, type Said, startOnEmulator } from './support/authlete-application.js';
import {
  type Authority,
  type Certificate,
  type Credential,
  rootAuthority,
  selfSigned,
  selfSignedClient,
} from './support/certificates.js';

/** The article's, to the letter. */
const PARAMETERS =
  'response_type=code%20id_token&client_id=3280859750204&redirect_uri=https%3A%2F%2Fserver.example.com%2Fcb' +
  '&state=SOME_VALUE_ABLE_TO_PREVENT_CSRF&scope=openid&nonce=SOME_VALUE_ABLE_TO_PREVENT_REPLAY_ATTACK' +
  '&code_challenge=GyeodZxSpq0iyjNbEQE6N96MxomMXYpYUkfuEpvQ3Js&code_challenge_method=S256';
/** Of its kind and length; the article has most of it starred out. */
const SECRET = 'qfd0ScLHhD-_abcdefghijklmnYDg';

const article = {
  clientId: '3280859750204',
  redirectUris: ['https://server.example.com/cb'],
  responseTypes: ['CODE_ID_TOKEN'],
  grantTypes: ['AUTHORIZATION_CODE', 'IMPLICIT'],
};

let server: Certificate;
let root: Authority;
let issued: Credential;
let own: Credential;
let as: OnEmulator;

beforeAll(async () => {
  [server, root, own] = await Promise.all([
    selfSigned('127.0.0.1'),
    rootAuthority(),
    selfSignedClient({ subject: 'CN=key1' }),
  ]);
  const intermediate = await (await root.intermediate('CN=One')).intermediate('CN=Two');
  issued = await intermediate.issue({ subject: 'CN=client' });
  as = await startOnEmulator({
    tls: server,
    service: { mutualTlsValidatePkiCertChain: true, trustedRootCertificates: [root.cert] },
  });
});
afterAll(() => as.close());
beforeEach(() => {
  as.emulator.calls.length = 0;
});

/** What the article's client sends to `POST /as/par`. */
async function push(registered: object, shown?: Credential, headers = {}): Promise<Said> {
  as.emulator.set({ client: { ...article, tlsClientAuthSubjectDn: null, ...registered } });
  const client = tlsClient(server.cert, shown);
  const said = await client.post(as.url + ENDPOINTS.pushedAuthorizationRequest, PARAMETERS, headers);
  client.close();
  return said;
}

/** 201 and the article's `responseContent`, `expires_in` first. */
function expectCreated(said: Said): void {
  expect(said).toMatchObject({ status: 201, headers: { 'content-type': 'application/json' } });
  expect(said.body).toMatch(/^\{"expires_in":600,"request_uri":"urn:ietf:params:oauth:request_uri:[\w-]{43}"\}$/);
  expect(as.events.at(-1)).toMatchObject({ event: 'authlete_called', api: 'pushed_auth_req', resultCode: 'A245001' });
}

/** The members of the one call that reached Authlete. */
function received(): Record<string, unknown> {
  expect(as.emulator.calls).toHaveLength(1);
  return as.emulator.calls[0]?.body ?? {};
}

const pem = (certificate: string) => certificate.trim();

it('E1, E2: the article’s call with CLIENT_SECRET_BASIC: clientId and clientSecret beside the parameters', async () => {
  const registered = { tokenAuthMethod: 'CLIENT_SECRET_BASIC', clientSecret: SECRET };
  expectCreated(await push(registered, undefined, basic('3280859750204', SECRET)));
  const body = { parameters: PARAMETERS, clientId: '3280859750204', clientSecret: SECRET };
  expect(as.emulator.calls).toEqual([expect.objectContaining({ api: 'pushed_auth_req', body })]);
});

it('E1, E3: the article’s call with a client certificate: clientCertificate beside the parameters', async () => {
  const { publicKey, raw } = new X509Certificate(own.cert);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key1', x5c: [raw.toString('base64')] };
  const jwks = JSON.stringify({ keys: [jwk] });
  expectCreated(
    await push({ tokenAuthMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks, selfSignedCertificateKeyId: 'key1' }, own),
  );
  const body = received();
  expect(Object.keys(body).toSorted()).toEqual(['clientCertificate', 'parameters']);
  expect(body['parameters']).toBe(PARAMETERS);
  expect(pem(String(body['clientCertificate']))).toBe(pem(own.cert));
});

it('E1, E3: the article’s call with TLS_CLIENT_AUTH: clientCertificatePath holds the chain without the leaf', async () => {
  expectCreated(await push({ tokenAuthMethod: 'TLS_CLIENT_AUTH', tlsClientAuthSubjectDn: 'CN=client' }, issued));
  const body = received();
  expect(Object.keys(body).toSorted()).toEqual(['clientCertificate', 'clientCertificatePath', 'parameters']);
  const [leaf, two, one] = issued.chain.split(/(?<=-----END CERTIFICATE-----\n)/).map(pem);
  expect([body['clientCertificate'], body['clientCertificatePath']]).toEqual([`${leaf}\n`, [`${two}\n`, `${one}\n`]]);
});
