import { X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Properties } from '../properties.js';
import { jwksOf } from './assertion.js';
import { type Attempt, refused } from './attempt.js';
import { checkChain } from './certificate-chain.js';
import { hasSubject } from './certificate-subject.js';

/** RFC 8705 §2.1. The chain is looked at when the service says so: `mutualTlsValidatePkiCertChain`. No source for the codes of certificates. */
export function tlsClientAuth({ call, client, state }: Attempt): void {
  const certificate = certificateOf(call);
  if (!hasSubject(certificate, client)) {
    throw refused('EMU-CERTIFICATE-SUBJECT', 'The client certificate is another subject’s.');
  }
  if (!state.service.flag('mutualTlsValidatePkiCertChain')) return;
  const path = (call.texts('clientCertificatePath') ?? []).map(parse);
  const roots = (state.service.texts('trustedRootCertificates') ?? []).map(parse);
  checkChain([certificate, ...path], roots, new Date(state.now() * 1000));
}

/** RFC 8705 §2.2: its key is the registered one, or the certificate itself is. */
export async function selfSignedTlsClientAuth({ call, client }: Attempt): Promise<void> {
  const certificate = certificateOf(call);
  const keyId = client.text('selfSignedCertificateKeyId');
  const presented = await thumbprint(certificate.publicKey.export({ format: 'jwk' }));
  for (const key of jwksOf(client).keys) {
    if (key.x5c?.[0] === certificate.raw.toString('base64')) return;
    if (key.kid === keyId && keyId !== undefined && (await thumbprint(key)) === presented) return;
  }
  throw refused('EMU-CERTIFICATE-KEY', 'The client certificate is not one of the client’s.');
}

async function thumbprint(key: JWK): Promise<string> {
  return calculateJwkThumbprint(key);
}

function certificateOf(call: Properties): X509Certificate {
  const pem = call.text('clientCertificate');
  if (pem === undefined) throw refused('EMU-NO-CERTIFICATE', 'The request has no client certificate.');
  return parse(pem);
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw refused('EMU-CERTIFICATE-MALFORMED', 'A certificate is malformed.');
  }
}
