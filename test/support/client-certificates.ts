import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './parlour.js';

const publicExponent = new Uint8Array([1, 0, 1]);
const ALGORITHMS = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent, hash: 'SHA-256' },
  'weak rsa': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent, hash: 'SHA-256' },
};
const DAY = 24 * 60 * 60 * 1000;

export interface Wanted {
  algorithm?: keyof typeof ALGORITHMS;
  notAfter?: Date;
}

/** A client's certificate: PEM, the chain after it, and what it is registered by. */
export interface Issued {
  cert: string;
  key: string;
  /** `x5t#S256`. */
  thumbprint: string;
  /** As a JWK with `x5c`, for a client's `jwks` (RFC 8705 §2.2.2). */
  jwk: Record<string, unknown>;
  /** Writes both, as an operator would. */
  write(files: { CLIENT_CERT_FILE: string; CLIENT_KEY_FILE: string }): void;
}

export async function selfSignedClient(wanted: Wanted = {}): Promise<Issued> {
  return issued(await signedBy(undefined, 'CN=parlour', [], wanted), []);
}

/** A root, an intermediate below it, and clients below that: what `tls_client_auth` is for (RFC 8705 §2.1). */
export async function clientAuthority(): Promise<{
  root: string;
  issue(dns: string, wanted?: Wanted): Promise<Issued>;
}> {
  const root = await signedBy(undefined, 'CN=Root of the tests', AUTHORITY);
  const intermediate = await signedBy(root, 'CN=Intermediate of the tests', AUTHORITY);
  const names = (dns: string) => [new SubjectAlternativeNameExtension([{ type: 'dns', value: dns }])];
  return {
    root: root.certificate.toString('pem'),
    issue: async (dns, wanted) => issued(await signedBy(intermediate, `CN=${dns}`, names(dns), wanted), [intermediate]),
  };
}

/** Two file names in a folder of their own. */
export function certificateFiles(): { CLIENT_CERT_FILE: string; CLIENT_KEY_FILE: string } {
  const folder = temporaryDirectory();
  return { CLIENT_CERT_FILE: join(folder, 'client.pem'), CLIENT_KEY_FILE: join(folder, 'client.key') };
}

interface Signed {
  certificate: X509Certificate;
  keys: CryptoKeyPair;
}

const AUTHORITY = [
  new BasicConstraintsExtension(true, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
];

async function signedBy(
  issuer: Signed | undefined,
  subject: string,
  extensions: Extension[],
  { algorithm = 'ec', notAfter = new Date(Date.now() + 365 * DAY) }: Wanted = {},
): Promise<Signed> {
  const keys = await crypto.subtle.generateKey(ALGORITHMS[algorithm], true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.certificate.subject ?? subject,
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      signingAlgorithm: issuer ? ALGORITHMS.ec : ALGORITHMS[algorithm],
      notBefore: new Date(Date.now() - 365 * DAY),
      notAfter,
      extensions,
    },
    crypto,
  );
  return { certificate, keys };
}

async function issued({ certificate, keys }: Signed, chain: Signed[]): Promise<Issued> {
  const cert = [certificate, ...chain.map(one => one.certificate)].map(one => `${one.toString('pem')}\n`).join('');
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const thumbprint = createHash('sha256').update(Buffer.from(certificate.rawData)).digest('base64url');
  const members = { kty, crv, x, y, n, e, kid: thumbprint, use: 'sig' };
  return {
    cert,
    key,
    thumbprint,
    jwk: { ...members, x5c: [Buffer.from(certificate.rawData).toString('base64')] },
    write: ({ CLIENT_CERT_FILE, CLIENT_KEY_FILE }) => {
      writeFileSync(CLIENT_CERT_FILE, cert);
      writeFileSync(CLIENT_KEY_FILE, key, { mode: 0o600 });
    },
  };
}
