import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { JWK } from 'jose';
import { readCertificates } from './certificates.js';
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
  /** The certificate as a JWK with `x5c`, for `/jwks` (RFC 8705 §2.2.2). */
  publicJwk: JWK;
}

/** The certificates of a client's file: its own, then the chain. */
export function readChain(pem: string): [X509Certificate, ...X509Certificate[]] {
  const chain = readCertificates(pem);
  const { asymmetricKeyDetails: details } = chain[0].publicKey;
  if ((details?.modulusLength ?? LEAST_RSA_BITS) < LEAST_RSA_BITS) {
    throw new UnusableKeyMaterial(`is weak: RSA needs ${LEAST_RSA_BITS} bits or more`);
  }
  return chain;
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

/** OpenSSL has its own idea of what's too weak. */
function checkTls(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch {
    throw new UnusableKeyMaterial('makes no TLS credential together with the certificate: OpenSSL refuses one of them');
  }
}

export function clientCertificate(certPem: string, keyPem: string): ClientCertificate {
  const chain = readChain(certPem);
  const [own] = chain;
  if (!own.checkPrivateKey(readCertificateKey(keyPem))) {
    throw new UnusableKeyMaterial('isn’t the key of the first certificate in the certificate’s file');
  }
  checkTls(certPem, keyPem);
  const thumbprint = Buffer.from(own.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return {
    cert: certPem,
    key: keyPem,
    thumbprint,
    expiresAt: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    publicJwk: {
      ...own.publicKey.export({ format: 'jwk' }),
      kty: own.publicKey.export({ format: 'jwk' }).kty ?? '',
      kid: thumbprint,
      use: 'sig',
      x5c: chain.map(({ raw }) => raw.toString('base64')),
    },
  };
}
