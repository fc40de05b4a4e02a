import { randomBytes, X509Certificate } from 'node:crypto';
import { createSecretFile, KeyFileProblem, refuseExisting, replaceFile } from './key-file.js';

export interface CertificateRequest {
  certFile: string;
  keyFile: string;
  /** The subject's common name. */
  name: string;
  days: number;
  rotate: boolean;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PUBLIC_FILE = 0o644;

/** A certificate that vouches for itself, for `self_signed_tls_client_auth` (RFC 8705 §2.2). With `rotate` both files are replaced. */
export async function makeCertificate(request: CertificateRequest): Promise<X509Certificate> {
  const { certFile, keyFile, rotate } = request;
  if (!rotate) refuseExisting(certFile, keyFile);
  const { cert, key } = await generate(request);
  if (rotate) {
    // Parlour goes on with the old pair until both fit together
    replaceFile(keyFile, key);
    replaceFile(certFile, cert);
  } else {
    createSecretFile(keyFile, key);
    createSecretFile(certFile, cert, PUBLIC_FILE);
  }
  return new X509Certificate(cert);
}

async function generate({ name, days }: CertificateRequest): Promise<{ cert: string; key: string }> {
  const { ExtendedKeyUsage, ExtendedKeyUsageExtension, PemConverter, X509CertificateGenerator } = await library();
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    serialNumber: serialNumber(),
    // a server whose clock is behind takes it, too
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + days * DAY),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
  });
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

/** Positive, at most 20 octets (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** A tool of development: as a dependency it would bring nineteen packages into every production image, for what is done once a year. */
async function library() {
  try {
    await import('reflect-metadata');
    return await import('@peculiar/x509');
  } catch (error) {
    throw new KeyFileProblem(
      'certificates are made with @peculiar/x509, which a production install leaves out: run this in a full install (npm ci), or npm install --no-save @peculiar/x509 first',
      { cause: error },
    );
  }
}
