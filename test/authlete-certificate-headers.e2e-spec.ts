import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { ENDPOINTS } from '../src/authlete/index.js';
import { NO_STORE, type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import { type Credential, rootAuthority, selfSignedClient } from './support/certificates.js';
import { rawRequest } from './support/http-browser.js';

type Style = 'nginx' | 'rfc9440';
const STYLES: Style[] = ['nginx', 'rfc9440'];

let chain: string[];
let other: Credential;
const trusting = new Map<Style, OnEmulator>();
const untrusting = new Map<Style, OnEmulator>();

beforeAll(async () => {
  const root = await rootAuthority();
  const intermediate = await (await root.intermediate('CN=One')).intermediate('CN=Two');
  const issued = await intermediate.issue({ subject: 'CN=client' });
  chain = issued.chain.split(/(?<=-----END CERTIFICATE-----\n)/).filter(pem => pem.trim() !== '');
  other = await selfSignedClient({ subject: 'CN=forged' });
  const start = (style: Style, addresses: string[]) =>
    startOnEmulator({ options: { trustedTlsTerminator: { style, addresses } } });
  for (const style of STYLES) {
    trusting.set(style, await start(style, ['10.0.0.0/8', '127.0.0.0/30']));
    untrusting.set(style, await start(style, ['10.0.0.0/8', '127.0.0.2', '::1']));
  }
});
const all = () => [...trusting.values(), ...untrusting.values()];
afterAll(() => Promise.all(all().map(each => each.close())));
beforeEach(() => {
  for (const { emulator, events } of all()) emulator.calls.length = events.length = 0;
});

function at(servers: Map<Style, OnEmulator>, style: Style): OnEmulator {
  const server = servers.get(style);
  if (!server) throw new Error(`no server of ${style}`);
  return server;
}

function post({ port }: OnEmulator, headers: string[], path: string = ENDPOINTS.token) {
  const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'];
  return rawRequest({ port, lines: [`POST ${path} HTTP/1.1`, 'Host: x', ...form, ...headers], body: 'a=b' });
}

function expectForwarded({ emulator }: OnEmulator, [leaf, ...path]: string[]): void {
  const certificates = {
    ...(leaf !== undefined && { clientCertificate: leaf }),
    ...(path.length > 0 && { clientCertificatePath: path }),
  };
  expect(emulator.calls.map(({ body }) => body)).toEqual([{ parameters: 'a=b', ...certificates }]);
}

const escaped = (pem: string) => encodeURIComponent(pem);
const inOneLine = (pem: string) => pem.trim().replaceAll('\n', ' ');
const bytes = (pem: string) => `:${new X509Certificate(pem).raw.toString('base64')}:`;

/** A certificate and a chain, as each terminator would tell of them. */
const TOLD: Record<Style, (pems: string[]) => string[]> = {
  nginx: ([leaf = '', ...path]) => [
    `X-Ssl-Cert: ${escaped(leaf)}`,
    ...path.map((pem, index) => `X-Ssl-Cert-Chain-${index}: ${escaped(pem)}`),
  ],
  rfc9440: ([leaf = '', ...path]) => [
    `Client-Cert: ${bytes(leaf)}`,
    ...(path.length > 0 ? [`Client-Cert-Chain: ${path.map(bytes).join(', ')}`] : []),
  ],
};

describe.each(STYLES)('headers in the style of %s', style => {
  const otherStyle = style === 'nginx' ? 'rfc9440' : 'nginx';

  it('E3: from the trusted terminator are believed: the certificate, and the path without it', async () => {
    await post(at(trusting, style), TOLD[style](chain));
    expectForwarded(
      at(trusting, style),
      chain.map(pem => new X509Certificate(pem).toString()),
    );
  });

  it('E3: may tell of a certificate alone, or of none', async () => {
    const server = at(trusting, style);
    await post(server, TOLD[style](chain.slice(0, 1)));
    expectForwarded(
      server,
      chain.slice(0, 1).map(pem => new X509Certificate(pem).toString()),
    );
    const names = style === 'nginx' ? ['X-Ssl-Cert', 'X-Ssl-Cert-Chain-1'] : ['Client-Cert', 'Client-Cert-Chain'];
    for (const value of ['', '(null)']) {
      server.emulator.calls.length = 0;
      await post(
        server,
        names.map(name => `${name}: ${value}`),
      );
      expectForwarded(server, []);
    }
  });

  it('E3: from anybody else are a forgery, and do nothing', async () => {
    const forged = [
      ...TOLD[style]([other.cert, ...chain]),
      ...TOLD[otherStyle]([other.cert]),
      'X-Forwarded-For: 10.0.0.1',
    ];
    for (const path of [ENDPOINTS.pushedAuthorizationRequest, ENDPOINTS.token, ENDPOINTS.revocation]) {
      at(untrusting, style).emulator.calls.length = 0;
      await post(at(untrusting, style), forged, path);
      expectForwarded(at(untrusting, style), []);
    }
  });

  it('E3: of the other style are the client’s own, and do nothing', async () => {
    await post(at(trusting, style), TOLD[otherStyle]([other.cert]));
    expectForwarded(at(trusting, style), []);
  });

  it('E3: that stand there twice are refused, as one may be the client’s own', async () => {
    const server = at(trusting, style);
    for (const line of TOLD[style](chain)) {
      const [name = ''] = line.split(':');
      await expectUnreadable(server, [...TOLD[style](chain), line]);
      await expectUnreadable(server, [...TOLD[style](chain), `${name}: (null)`]);
    }
  });

  it('E3: with a chain and no certificate are refused', async () => {
    await expectUnreadable(at(trusting, style), TOLD[style](chain).slice(1));
  });
});

/** Whoever has shown a certificate that we can't read may not pass for somebody without one. */
async function expectUnreadable(server: OnEmulator, headers: string[]): Promise<void> {
  server.events.length = 0;
  const answer = await post(server, headers);
  expect(answer).toMatchObject({ status: 400, headers: NO_STORE });
  expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
  expect(server.emulator.calls).toEqual([]);
  expect(server.events).toMatchObject([
    { event: 'client_certificate_refused', level: 'warn' },
    { event: 'request_refused' },
  ]);
}

describe('a header from the trusted terminator that can’t be read', () => {
  const pem = () => chain[0] ?? '';
  const der = () => new X509Certificate(pem()).raw;

  it.each<[string, () => string]>([
    ['no PEM', () => 'hello'],
    ['a bad escape', () => `${escaped(pem())}%zz`],
    ['a key', () => escaped(pem().replaceAll('CERTIFICATE', 'PRIVATE KEY'))],
    ['no base64', () => escaped(pem().replaceAll(/[A-Z]/g, '!'))],
    ['PEM that is cut short, as the article’s', () => escaped(pem().replace(/.{80}\n(?=-----END)/s, '\n'))],
    ['two certificates', () => escaped(pem() + pem())],
    ['something before it', () => escaped(`x${pem()}`)],
    ['a certificate with more behind it', () => escaped(withMore(der()))],
  ])('E3: X-Ssl-Cert with %s is invalid_request', async (_what, value) => {
    await expectUnreadable(at(trusting, 'nginx'), [`X-Ssl-Cert: ${value()}`]);
    await expectUnreadable(at(trusting, 'nginx'), [`X-Ssl-Cert: ${escaped(pem())}`, `X-Ssl-Cert-Chain-4: ${value()}`]);
  });

  it.each<[string, () => string]>([
    ['no byte sequence', () => der().toString('base64')],
    ['PEM', () => escaped(pem())],
    ['PEM as bytes', () => `:${Buffer.from(pem()).toString('base64')}:`],
    ['base64url', () => ':_-_-:'],
    ['no certificate', () => ':aGVsbG8=:'],
    ['nothing in it', () => '::'],
    ['parameters', () => `${bytes(pem())};a=1`],
    ['a certificate with more behind it', () => `:${Buffer.concat([der(), Buffer.from('x')]).toString('base64')}:`],
  ])('E3: Client-Cert with %s is invalid_request', async (_what, value) => {
    await expectUnreadable(at(trusting, 'rfc9440'), [`Client-Cert: ${value()}`]);
    await expectUnreadable(at(trusting, 'rfc9440'), [
      `Client-Cert: ${bytes(pem())}`,
      `Client-Cert-Chain: ${bytes(pem())}, ${value()}`,
    ]);
  });

  it('E3: Client-Cert with two certificates is invalid_request', async () => {
    await expectUnreadable(at(trusting, 'rfc9440'), [`Client-Cert: ${bytes(pem())}, ${bytes(pem())}`]);
  });

  it('E3: Apache’s PEM, with spaces for line ends, can be read', async () => {
    await post(at(trusting, 'nginx'), [`X-Ssl-Cert: ${inOneLine(pem())}`]);
    expectForwarded(at(trusting, 'nginx'), [new X509Certificate(pem()).toString()]);
  });

  function withMore(bytesOf: Buffer): string {
    const base64 = Buffer.concat([bytesOf, Buffer.from('x')]).toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  }
});
