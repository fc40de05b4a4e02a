import { describe, expect, it } from '@jest/globals';
import { readOptions } from '../src/bff/bff.options.js';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { minimum, problems } from './support/options.js';

async function withCertificate(): Promise<Record<string, unknown>> {
  const files = certificateFiles();
  (await selfSignedClient()).write(files);
  return { ...minimum, clientCertFile: files.CLIENT_CERT_FILE, clientKeyFile: files.CLIENT_KEY_FILE };
}
const route = (more: object = {}) => ({
  apiRoutes: [{ path: '/api', upstream: 'https://api.example.org', clientCertificate: true, ...more }],
});

describe('certificateBoundAccessTokens', () => {
  it('start-up: needs the certificate, and may have it whatever the client authenticates with', async () => {
    expect(problems({ ...minimum, certificateBoundAccessTokens: true })).toEqual([
      'certificateBoundAccessTokens needs clientCertFile, the certificate that tokens are bound to',
    ]);
    const bound = { ...(await withCertificate()), certificateBoundAccessTokens: true };
    expect(readOptions(bound).frontends[0]?.certificateBoundAccessTokens).toBe(true);
  });

  it('start-up: goes without dpop', async () => {
    const both = { ...(await withCertificate()), certificateBoundAccessTokens: true, dpop: true };
    expect(problems(both)).toEqual([
      'certificateBoundAccessTokens may not be true together with dpop: a token is bound to a certificate or to a key',
    ]);
  });
});

describe('a route’s clientCertificate', () => {
  it('start-up: needs the certificate', () => {
    expect(problems({ ...minimum, ...route() })).toEqual([
      'apiRoutes[0].clientCertificate needs clientCertFile, the certificate to present',
    ]);
  });

  it('start-up: needs https, on loopback, too', async () => {
    expect(problems({ ...(await withCertificate()), ...route({ upstream: 'http://127.0.0.1:3002' }) })).toEqual([
      'apiRoutes[0].clientCertificate needs an https upstream: plain http presents no certificate',
    ]);
  });

  it('start-up: is enough of a use for a certificate', async () => {
    expect(readOptions({ ...(await withCertificate()), ...route() }).frontends[0]?.apiRoutes[0]).toMatchObject({
      clientCertificate: true,
    });
  });
});
