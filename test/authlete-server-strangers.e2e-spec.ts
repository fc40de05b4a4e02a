import { randomBytes } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type AuthleteOptionsInput, ENDPOINTS } from '../src/authlete/index.js';
import { type RunningAuthleteServer, startAuthleteServer } from '../src/authlete/server.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { tlsClient } from './authlete-certificate-client.js';
import { accounts, advertised, apiOf, ask, NO_STORE } from './support/authlete-application.js';
import { rootAuthority, selfSigned } from './support/certificates.js';
import { freePort } from './support/free-port.js';
import { rawRequest } from './support/http-browser.js';

let emulator: RunningEmulator | undefined;
let server: RunningAuthleteServer | undefined;
const trusted = getCACertificates('default');

afterEach(async () => {
  setDefaultCACertificates(trusted);
  await server?.close();
  await emulator?.close();
  server = undefined;
  emulator = undefined;
});

interface Changes {
  issuer?: string;
  tls?: { key: string; cert: string };
  trustedTlsTerminator?: AuthleteOptionsInput['trustedTlsTerminator'];
}

async function start({ tls, issuer, trustedTlsTerminator }: Changes = {}): Promise<{ port: number; url: string }> {
  const port = await freePort();
  const url = issuer ?? `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  emulator = await startAuthleteEmulator({ port: 0, service: advertised(url) });
  const cookieKeys = [randomBytes(32).toString('base64url')];
  const options = { issuer: url, api: apiOf(emulator, 'v3'), cookieKeys, trustedTlsTerminator };
  const process = { host: '127.0.0.1', port, production: false, logLevel: 'error' as const, ...(tls && { tls }) };
  server = await startAuthleteServer({ ...process, options }, { accounts });
  emulator.calls.length = 0;
  return { port, url: server.url };
}

describe('the server of the endpoints', () => {
  it('E3: the path is complete when the process trusts the client’s authority', async () => {
    const root = await rootAuthority();
    const intermediate = await root.intermediate('CN=Intermediate');
    const issued = await intermediate.issue({ subject: 'CN=client' });
    const own = await selfSigned('127.0.0.1');
    // as NODE_EXTRA_CA_CERTS does
    setDefaultCACertificates([...trusted, root.cert]);
    const { url } = await start({ tls: own });
    const client = tlsClient(own.cert, issued);
    await client.post(url + ENDPOINTS.token, 'a=b');
    client.close();
    const { clientCertificate, clientCertificatePath: path } = Object(emulator?.calls[0]?.body);
    expect([clientCertificate, ...path].map(pem => String(pem).trim())).toEqual(
      [issued.cert, intermediate.cert].map(pem => pem.trim()),
    );
  });

  it('E14: plain http is for the named terminator alone', async () => {
    const issuer = 'https://as.example.org';
    const stranger = { style: 'nginx' as const, addresses: ['10.9.9.9'] };
    const refusing = await start({ issuer, trustedTlsTerminator: stranger });
    for (const path of Object.values(ENDPOINTS)) {
      const said = await ask(refusing.url + path);
      expect([path, said.status, said.headers]).toMatchObject([path, 403, NO_STORE]);
      expect(said.json()).toMatchObject({ error: 'invalid_request' });
    }
    expect(emulator?.calls).toEqual([]);
    await server?.close();
    await emulator?.close();
    const serving = await start({ issuer, trustedTlsTerminator: { ...stranger, addresses: ['127.0.0.1'] } });
    expect(await ask(serving.url + ENDPOINTS.jwks)).toMatchObject({ status: 200 });
    await server?.close();
    await emulator?.close();
    const own = await selfSigned('127.0.0.1');
    const encrypted = await start({ tls: own, issuer, trustedTlsTerminator: stranger });
    const client = tlsClient(own.cert);
    expect(await client.post(encrypted.url + ENDPOINTS.token, 'a=b')).not.toMatchObject({ status: 403 });
    client.close();
  });

  it('E4: an unknown address says no-store and repeats nothing', async () => {
    const { port } = await start();
    for (const [path, status] of [
      ['/nope?client_secret=abc', 404],
      ['/', 404],
      ['/as', 404],
      ['/as/%61uthorization?client_secret=abc', 404],
      ['/as/token/abc', 404],
      ['/%zz?client_secret=abc', 400],
    ] as const) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const lines = [`${method} ${path} HTTP/1.1`, 'Host: x', 'Content-Length: 0'];
        const { status: said, headers, body } = await rawRequest({ port, lines });
        expect([path, said, JSON.parse(body)]).toMatchObject([path, status, { error: 'invalid_request' }]);
        expect(body).not.toMatch(/abc|zz|nope/);
        const names = ['cache-control', 'pragma', 'content-type', 'etag', 'allow'];
        expect(names.map(name => headers[name])).toEqual([
          'no-store',
          'no-cache',
          'application/json',
          undefined,
          undefined,
        ]);
      }
    }
    expect(emulator?.calls).toEqual([]);
  });
});
