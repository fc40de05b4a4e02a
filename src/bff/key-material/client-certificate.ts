import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { LEAST_RSA_BITS } from './private-jwks.js';
import { UnusableKeyMaterial } from './unusable.js';

/** A client certificate with its key (RFC 8705 §2), as TLS takes them. */
export interface ClientCertificate {
  /** PEM: the client's own certificate, then its chain. */
  cert: string;
  /** PEM. */
  key: string;
  /** `x5t#S256` (RFC 8705 §3.1): base64url of the SHA-256 of the certificate. */
  thumbprint: string;
  /** Milliseconds since the epoch: where the first of the chain ends. */
  expiresAt: number;
  /** Milliseconds since the epoch: when this was read. */
  readAt: number;
  /** The certificate as a JWK with `x5c`, for `/jwks` (RFC 8705 §2.2.2). */
  publicJwk: JWK;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, the client's own first. */
export function readChain(pem: string): [X509Certificate, ...X509Certificate[]] {
  const [own, ...chain] = (pem.match(PEM_CERTIFICATE) ?? []).map(certificate);
  if (!own) throw new UnusableKeyMaterial('holds no certificate in PEM form');
  const { asymmetricKeyDetails: details } = own.publicKey;
  if ((details?.modulusLength ?? LEAST_RSA_BITS) < LEAST_RSA_BITS) {
    throw new UnusableKeyMaterial(`is weak: RSA needs ${LEAST_RSA_BITS} bits or more`);
  }
  return [own, ...chain];
}

function certificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new UnusableKeyMaterial('holds a damaged certificate');
  }
}

export function readCertificateKey(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw new UnusableKeyMaterial(
      'is encrypted: nobody is there to type its passphrase. Protect the file by its rights',
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new UnusableKeyMaterial('holds no private key in PEM form');
  }
}

export function clientCertificate(certPem: string, keyPem: string): ClientCertificate {
  const chain = readChain(certPem);
  const [own] = chain;
  if (!own.checkPrivateKey(readCertificateKey(keyPem))) {
    throw new UnusableKeyMaterial('isn’t the key of the first certificate in the certificate’s file');
  }
  const thumbprint = Buffer.from(own.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return {
    cert: certPem,
    key: keyPem,
    thumbprint,
    expiresAt: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    readAt: Date.now(),
    publicJwk: {
      ...own.publicKey.export({ format: 'jwk' }),
      kty: own.publicKey.export({ format: 'jwk' }).kty ?? '',
      kid: thumbprint,
      use: 'sig',
      x5c: chain.map(({ raw }) => raw.toString('base64')),
    },
  };
}
