import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ENDPOINTS } from '../src/authlete/index.js';
import { tlsClient } from './authlete-certificate-client.js';
import { type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import {
  type Authority,
  type Certificate,
  type Credential,
  rootAuthority,
  selfSigned,
  selfSignedClient,
} from './support/certificates.js';

let server: Certificate;
let root: Authority;
let intermediate: Authority;
let issued: Credential;
let own: Credential;
let as: OnEmulator;
/** Behind a terminator, to which it talks over TLS. */
let behind: OnEmulator;

beforeAll(async () => {
  [server, root, own] = await Promise.all([
    selfSigned('127.0.0.1'),
    rootAuthority(),
    selfSignedClient({ subject: 'CN=own' }),
  ]);
  intermediate = await root.intermediate('CN=Intermediate');
  issued = await intermediate.issue({ subject: 'CN=client' });
  const trustedTlsTerminator = { style: 'nginx' as const, addresses: ['127.0.0.1'] };
  [as, behind] = await Promise.all([
    startOnEmulator({ tls: server }),
    startOnEmulator({ tls: server, options: { trustedTlsTerminator } }),
  ]);
});
afterAll(() => Promise.all([as.close(), behind.close()]));
beforeEach(() => {
  as.emulator.calls.length = 0;
  behind.emulator.calls.length = 0;
});

const trimmed = (pem: unknown) => String(pem).trim();

/** Certificate and path of each call that reached Authlete. */
function forwarded({ emulator }: OnEmulator): unknown[] {
  return emulator.calls.map(({ body: { clientCertificate, clientCertificatePath: path } }) => [
    ...(clientCertificate === undefined ? [] : [trimmed(clientCertificate)]),
    ...(Array.isArray(path) ? path.map(trimmed) : []),
  ]);
}

async function post(to: OnEmulator, chain: string[], headers = {}, { key } = issued): Promise<void> {
  const client = tlsClient(server.cert, chain.length > 0 ? { key, chain: chain.join('') } : undefined);
  await client.post(to.url + ENDPOINTS.token, 'a=b', headers);
  client.close();
}

describe('a certificate from the TLS socket', () => {
  it('E3: goes on, and so does its path without the leaf, as the client sent it', async () => {
    await post(as, [issued.cert, intermediate.cert]);
    await post(as, [issued.cert, intermediate.cert, root.cert]);
    expect(forwarded(as)).toEqual([
      [issued.cert, intermediate.cert].map(trimmed),
      [issued.cert, intermediate.cert, root.cert].map(trimmed),
    ]);
  });

  it('E3: has no path when the client sent none', async () => {
    await post(as, [issued.cert]);
    await post(as, [own.cert], {}, own);
    expect(forwarded(as)).toEqual([[trimmed(issued.cert)], [trimmed(own.cert)]]);
    for (const { body } of as.emulator.calls) expect(body).not.toHaveProperty('clientCertificatePath');
  });

  it('E3: that comes twice doesn’t lead round and round', async () => {
    await post(as, [own.cert, own.cert], {}, own);
    await post(as, [issued.cert, root.cert, root.cert]);
    expect(forwarded(as)).toEqual([[trimmed(own.cert)], [issued.cert, root.cert].map(trimmed)]);
  });

  it('E3: is the same for each request of a connection, at all endpoints', async () => {
    const client = tlsClient(server.cert, issued);
    const endpoints = [ENDPOINTS.pushedAuthorizationRequest, ENDPOINTS.token, ENDPOINTS.revocation];
    const reused = [];
    for (const path of endpoints) reused.push((await client.post(as.url + path, 'a=b')).reused);
    client.close();
    expect(reused).toEqual([false, true, true]);
    const chain = [issued.cert, intermediate.cert].map(trimmed);
    expect(forwarded(as)).toEqual([chain, chain, chain]);
  });

  it('E3: keeps its path also where the machine itself trusts its issuer', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, root.cert]);
    const trusting = await startOnEmulator({ tls: server }).finally(() => setDefaultCACertificates(before));
    await post(trusting, [issued.cert, intermediate.cert]);
    await trusting.close();
    expect(forwarded(trusting)).toEqual([[issued.cert, intermediate.cert].map(trimmed)]);
  });

  it('E3: proves a bound token at userinfo', async () => {
    const client = tlsClient(server.cert, issued);
    await client.post(as.url + ENDPOINTS.userinfo, 'access_token=tok');
    client.close();
    expect(as.emulator.calls.map(({ api, body }) => [api, Object.keys(body).toSorted()])).toEqual([
      ['auth/userinfo', ['clientCertificate', 'token']],
    ]);
    expect(forwarded(as)).toEqual([[trimmed(issued.cert)]]);
  });

  it('E3: isn’t there when the client has shown none', async () => {
    await post(as, []);
    expect(as.emulator.calls).toMatchObject([{ body: { parameters: 'a=b' } }]);
    expect(forwarded(as)).toEqual([[]]);
  });

  it('E3: of a trusted terminator itself is none of the client’s', async () => {
    await post(behind, [issued.cert, intermediate.cert]);
    await post(behind, [issued.cert, intermediate.cert], { 'X-Ssl-Cert': encodeURIComponent(own.cert) });
    expect(forwarded(behind)).toEqual([[], [trimmed(own.cert)]]);
  });
});
