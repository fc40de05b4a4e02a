import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { UnusableKeyMaterial } from './unusable.js';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, each of which can be read, and at least one: TLS would pass over others in silence. */
export function readCertificates(pem: string): [X509Certificate, ...X509Certificate[]] {
  const [first, ...more] = (pem.match(PEM_CERTIFICATE) ?? []).map(certificate);
  if (!first) throw new UnusableKeyMaterial('holds no certificate in PEM form');
  return [first, ...more];
}

function certificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new UnusableKeyMaterial('holds a damaged certificate');
  }
}

/** Authorities to trust, as TLS takes them: `ca` replaces Node's own list, so the file's certificates are added to it. */
export function trusted(pem: string): string[] {
  readCertificates(pem);
  return [...getCACertificates('default'), pem];
}
